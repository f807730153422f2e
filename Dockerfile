# The worker's image. Any Python image with a C library that the locked wheels know will do; pin it by digest:
#   docker build --build-arg PYTHON_IMAGE=python:3.14-slim-trixie@sha256:... --tag chime-backend-worker .
ARG PYTHON_IMAGE=python:3.14-slim-trixie

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY deploy/locks/requirements.lock deploy/locks/requirements-build.lock ./
# The environment that is shipped has no pip: what builds it stays behind in this stage.
RUN python -m venv --without-pip /opt/worker \
 && pip --python /opt/worker/bin/python install --require-hashes --only-binary :all: --requirement requirements.lock
RUN pip install --require-hashes --only-binary :all: --requirement requirements-build.lock
COPY pyproject.toml README.md ./
COPY worker worker
RUN pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /wheels . \
 && pip --python /opt/worker/bin/python install --no-index --no-deps /wheels/*.whl

FROM ${PYTHON_IMAGE}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="chime-backend-worker" \
      org.opencontainers.image.description="Posts jobs from an SQS queue into Amazon Chime SDK messaging channels" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# The only place that is ever written to, and only by a SQLite ledger: mount a volume here to keep it. It takes over the
# owner. There is no VOLUME: a read-only container without a mount should be refused at its start, not be given a nameless
# volume that the next container does not see.
RUN mkdir --mode=0700 /ledger \
 && chown 10001:10001 /ledger
COPY --from=build /opt/worker /opt/worker
ENV PATH=/opt/worker/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONFAULTHANDLER=1 \
    PYTHONUNBUFFERED=1
WORKDIR /ledger
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["backend-worker", "healthcheck"]
ENTRYPOINT ["backend-worker"]
CMD ["run"]
