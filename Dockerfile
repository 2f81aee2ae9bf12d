# Debian's own Python, so that the very steps below can be run in any Debian.
FROM debian:bookworm-slim AS build
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN python3 -m venv /opt/edge \
 && /opt/edge/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY edge ./edge
COPY cache ./cache
RUN /opt/edge/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .

FROM debian:bookworm-slim
# Fonts: text in SVG pictures.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates fonts-dejavu-core python3 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin edge \
 && install -d -o edge -g edge -m 0700 /var/cache/edge \
 && install -d -o edge -g edge /etc/edge /photos
COPY --from=build /opt/edge /opt/edge
COPY config/docker.yaml /etc/edge/edge.yaml
ENV PATH=/opt/edge/bin:$PATH \
    PYTHONSAFEPATH=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2
USER 10001:10001
WORKDIR /etc/edge
EXPOSE 8080
VOLUME ["/var/cache/edge"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8081/readyz', timeout=2)"]
ENTRYPOINT ["edge"]
CMD ["serve", "--config", "/etc/edge/edge.yaml"]
