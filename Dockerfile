# Written with care, but never built or run: no container engine was at hand. Expect to correct something.
#
#   docker build -t dockline .
#   docker run --rm dockline --help
#
# Debian, not Alpine: the locked packages have no musl builds.

FROM python:3.12-slim-trixie AS packages

COPY requirements/runtime.txt /tmp/runtime.txt
# Only what is listed, and only when its hash fits; wheels only, so there is no compiler and nothing is built.
RUN python -m venv /opt/dockline \
 && /opt/dockline/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        --only-binary=:all: --require-hashes -r /tmp/runtime.txt


FROM python:3.12-slim-trixie

RUN groupadd --gid 10001 dockline \
 && useradd --uid 10001 --gid dockline --home-dir /data --no-create-home --shell /usr/sbin/nologin dockline \
 && install -d -o dockline -g dockline -m 0700 /data

COPY --from=packages /opt/dockline /opt/dockline
COPY src /opt/dockline/src
# The source is run where it lies: installing it would need a build tool that is not in the lock file.
ENV PATH=/opt/dockline/bin:$PATH \
    PYTHONPATH=/opt/dockline/src \
    PYTHONUNBUFFERED=1 \
    DOCKLINE_DATA=/data
RUN python -m compileall -q /opt/dockline/src

USER dockline
WORKDIR /data
# keys.json and static files. No key is made while the image is built: it would be in every copy of the image.
VOLUME /data
EXPOSE 8000

ENTRYPOINT ["python", "-m", "dockline.config.start"]
CMD ["--help"]
