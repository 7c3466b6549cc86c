//! The trie, driven as a parser drives it.

use super::adding::MAX_NAME_BYTES;
use super::*;

fn padded(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(bytes.len() + BLOCK, b'.');
    bytes
}

/// Reads a map of names as a parser would; how many were recognised, None at a duplicate.
fn read(paths: &mut Paths, map: NodeId, names: &[&str]) -> Option<usize> {
    let mut scope = paths.open(map);
    let mut recognised = 0;
    for name in names {
        let token = format!("{name}\":");
        if let Some(found) = paths.recognise(&mut scope, &padded(&token)) {
            assert_eq!((found.name, found.tag), (name.as_bytes(), 7));
            assert!(found.rest.starts_with(b"..") && found.rest.len() == BLOCK);
            assert_eq!(paths.name(found.node), Some(name.as_bytes()));
            recognised += 1;
        } else {
            let node = paths.enter(&mut scope, name.as_bytes())?;
            paths.learn(node, 7, name.len(), token.as_bytes());
        }
    }
    Some(recognised)
}

#[test]
fn what_came_last_time_is_recognised() {
    let mut paths = Paths::default();
    let names = [
        "a",
        "b",
        "",
        "thirty bytes and their ending",
        "a name of more than thirty-two bytes",
    ];
    assert_eq!(read(&mut paths, NodeId::IMAGE, &names), Some(0));
    assert_eq!(read(&mut paths, NodeId::IMAGE, &names), Some(4));
    assert_eq!(read(&mut paths, NodeId::KEYS, &names), Some(0));
    assert_eq!(
        read(
            &mut paths,
            NodeId::IMAGE,
            &["b", "", "a", "thirty bytes and their ending."]
        ),
        Some(0)
    );
    assert_eq!(read(&mut paths, NodeId::IMAGE, &["b", "", "a"]), Some(3));
    assert_eq!(paths.len(), 2 + 6 + 5);
    assert_eq!(paths.limit, DEFAULT_MAX_NODES);
}

#[test]
fn several_orders_are_kept_apart() {
    let mut paths = Paths::default();
    for round in 0..3 {
        for names in [["a", "b", "c", "d"], ["b", "a", "c", "d"], ["d", "c", "b", "a"]] {
            // Which order it is shows with the first attribute.
            let expected = if round == 0 { 0 } else { 3 };
            assert_eq!(read(&mut paths, NodeId::IMAGE, &names), Some(expected), "{names:?}");
        }
    }
}

#[test]
fn unexpected_attributes_are_found_by_their_beginning_and_by_name() {
    let mut paths = Paths::default();
    let mut names: Vec<String> = (0..20).map(|number| format!("attribute_{number:02}")).collect();
    names.extend((0..10).map(|number| number.to_string()));
    for name in &names {
        let mut scope = paths.open(NodeId::IMAGE);
        let node = paths.enter(&mut scope, name.as_bytes()).unwrap();
        paths.learn(node, 3, name.len(), format!("{name}\":").as_bytes());
    }
    let mut found_by = [0; 2];
    for (round, step) in [1, 7, 11, 13].into_iter().enumerate() {
        let mut scope = paths.open(NodeId::IMAGE);
        // In another order each time: soon none is expected.
        for at in 0..names.len() {
            let name = &names[at * step % names.len()];
            let bytes = padded(&format!("{name}\":"));
            assert!(round == 0 || paths.recognise(&mut scope, &bytes).is_none());
            let guess = paths.guess(&mut scope, &bytes);
            found_by[usize::from(guess.is_none())] += 1;
            let node = match guess.or_else(|| paths.look_up(&mut scope, &bytes, name.len())) {
                Some(found) => {
                    assert_eq!((found.name, found.tag), (name.as_bytes(), 3));
                    found.node
                }
                None => paths.enter(&mut scope, name.as_bytes()).unwrap(),
            };
            assert_eq!(paths.name(node), Some(name.as_bytes()));
            // It stands twice now.
            assert!(paths.guess(&mut scope, &bytes).is_none());
            assert!(paths.look_up(&mut scope, &bytes, name.len()).is_none());
            assert_eq!(paths.enter(&mut scope, name.as_bytes()), None);
        }
    }
    assert!(found_by[0] > 50 && found_by[1] >= 30, "{found_by:?}");
    // Nor is it taken for one of another map.
    let mut scope = paths.open(NodeId::KEYS);
    for name in &names {
        let bytes = padded(&format!("{name}\":"));
        assert!(paths.recognise(&mut scope, &bytes).is_none());
        assert!(paths.guess(&mut scope, &bytes).is_none());
        assert!(paths.look_up(&mut scope, &bytes, name.len()).is_none());
    }
}

#[test]
fn long_names_are_entered() {
    let mut paths = Paths::default();
    let long = "x".repeat(65);
    assert_eq!(read(&mut paths, NodeId::IMAGE, &[&long]), Some(0));
    assert_eq!(read(&mut paths, NodeId::IMAGE, &[&long]), Some(0));
    assert_eq!(read(&mut paths, NodeId::IMAGE, &[&long, &long]), None);
}

#[test]
fn duplicates_are_found() {
    for limit in [DEFAULT_MAX_NODES, 4, 2] {
        let mut paths = Paths::new(limit);
        for _ in 0..3 {
            paths.begin_record();
            assert!(read(&mut paths, NodeId::IMAGE, &["a", "b", "c", "d"]).is_some());
            assert_eq!(read(&mut paths, NodeId::IMAGE, &["a", "b", "c", "a"]), None);
            assert_eq!(read(&mut paths, NodeId::IMAGE, &["a", "a"]), None);
            assert_eq!(read(&mut paths, NodeId::IMAGE, &["a", "b", "c", "c"]), None);
            assert_eq!(read(&mut paths, NodeId::IMAGE, &["", ""]), None);
        }
    }
}

#[test]
fn maps_in_maps_and_lists() {
    let mut paths = Paths::default();
    let mut outer = paths.open(NodeId::IMAGE);
    let list = paths.enter(&mut outer, b"list").unwrap();
    let elements = paths.elements(list);
    assert_eq!(paths.elements(list), elements);
    for _ in 0..2 {
        assert!(read(&mut paths, elements, &["list", "x"]).is_some());
    }
    assert_eq!(read(&mut paths, elements, &["x", "x"]), None);
    assert_eq!(paths.enter(&mut outer, b"list"), None);
    let map = paths.enter(&mut outer, b"map").unwrap();
    assert!(read(&mut paths, map, &["map"]).is_some());
    assert_eq!(paths.name(elements), None);
    assert_eq!(paths.parent(elements), Some(list));
    assert_eq!(paths.parent(list), Some(NodeId::IMAGE));
    assert_eq!(paths.name(NodeId::KEYS), None);
    assert_eq!(paths.elements(NodeId::OVERFLOW), NodeId::OVERFLOW);
    assert!(!paths.is_empty());
}

#[test]
fn the_trie_is_bounded() {
    let mut paths = Paths::new(1000);
    let names: Vec<String> = (0..100_000).map(|number| format!("k{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for _ in 0..2 {
        paths.begin_record();
        assert!(read(&mut paths, NodeId::IMAGE, &names).is_some());
        assert_eq!(paths.len(), 1000);
        // The same names in many maps at one overflown place.
        for _ in 0..1000 {
            assert!(read(&mut paths, NodeId::OVERFLOW, &["a", "b", "c"]).is_some());
        }
        let mut twice = names.clone();
        twice.push("k99999");
        assert_eq!(read(&mut paths, NodeId::IMAGE, &twice), None);
    }
    paths.begin_record();
    assert_eq!(paths.overflow.table.capacity(), 0, "the memory is given back");
}

#[test]
fn names_are_bounded_in_bytes() {
    let mut paths = Paths::default();
    let name = vec![b'n'; MAX_NAME_BYTES / 3];
    for number in 0..5_u8 {
        let mut scope = paths.open(NodeId::IMAGE);
        let mut name = name.clone();
        name.push(number);
        let node = paths.enter(&mut scope, &name).unwrap();
        assert_eq!(node == NodeId::OVERFLOW, number >= 2);
        assert_eq!(paths.enter(&mut scope, &name), None);
    }
    assert!(paths.names.len() <= MAX_NAME_BYTES);
}
