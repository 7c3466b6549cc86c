# The image of lambda_follow.yaml: an image, for pyarrow nearly fills what a zip file may have.
# exportkit comes as a wheel that lies beside this file: make build in its repository writes one to dist/. What is found
# under this name in an index of packages is somebody else's.
FROM public.ecr.aws/lambda/python:3.13
COPY exportkit-*.whl /tmp/
RUN pip install --no-cache-dir /tmp/exportkit-*.whl
COPY lambda_follow.py ${LAMBDA_TASK_ROOT}
CMD ["lambda_follow.handler"]
