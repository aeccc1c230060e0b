# The App's server. One volume (/data) for SQLite; with Postgres it keeps nothing.
#   docker build --tag mtor-bot . && docker run --env-file bot.env --volume mtor:/data --publish 8080:8080 mtor-bot
# Pin it where images must be the same each time: --build-arg PYTHON=python:3.13-slim@sha256:DIGEST
ARG PYTHON=python:3.13-slim
FROM $PYTHON AS build
WORKDIR /source
# Every package has a hash, that of the build backend too, and none is built from its source.
COPY bot/requirements bot/requirements
RUN python -m venv /opt/mtor && python -m venv /opt/build
RUN for venv in mtor:bot build:build; do \
      /opt/${venv%:*}/bin/pip install --no-cache-dir --disable-pip-version-check --isolated --require-hashes \
        --only-binary=:all: --no-deps --requirement bot/requirements/${venv#*:}.txt || exit; \
    done
COPY pyproject.toml README.md LICENSE ./
COPY action action
COPY bot bot
RUN /opt/build/bin/pip wheel --no-cache-dir --disable-pip-version-check --isolated --no-index --no-deps --no-build-isolation \
      --wheel-dir /wheels . \
 && /opt/mtor/bin/pip install --no-cache-dir --disable-pip-version-check --isolated --no-index --no-deps /wheels/*.whl

FROM $PYTHON
COPY --from=build /opt/mtor /opt/mtor
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin mtor \
 && install --directory --owner=10001 --group=10001 --mode=0700 /data
USER 10001
VOLUME /data
# Metrics are on loopback, at 8081.
EXPOSE 8080
# Many threads that allocate now and then: with one arena each, memory would go on growing for a long time.
ENV PATH=/opt/mtor/bin:$PATH PYTHONUNBUFFERED=1 MALLOC_ARENA_MAX=2 MTOR_BOT_LISTEN_HOST=0.0.0.0
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["mtor-bot"]
CMD ["serve"]
