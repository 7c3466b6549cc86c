# The image of lambda_follow.yaml: an image, for pyarrow nearly fills what a zip file may have.
FROM public.ecr.aws/lambda/python:3.13
RUN pip install --no-cache-dir exportkit
COPY lambda_follow.py ${LAMBDA_TASK_ROOT}
CMD ["lambda_follow.handler"]
