# Debian's own Python: what is tested on a plain Debian machine is what runs here.
# LIBVIPS=wheel brings the newest libvips, LIBVIPS=system Debian's, which reads more formats: docs/install-libvips.md.
ARG LIBVIPS=wheel

FROM debian:bookworm-slim AS build
ARG LIBVIPS
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# The libraries change less often than our code: their layer is built again only when the lock changes.
COPY requirements.lock tools/without-wheel.sh ./
RUN case "$LIBVIPS" in \
      wheel) ;; \
      system) sh without-wheel.sh requirements.lock > system.lock && mv system.lock requirements.lock ;; \
      *) exit 2 ;; \
    esac
RUN python3 -m venv /opt/edge \
 && /opt/edge/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY edge ./edge
COPY cache ./cache
RUN /opt/edge/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps . \
 && /opt/edge/bin/pip uninstall --yes --quiet setuptools pip

FROM debian:bookworm-slim
ARG LIBVIPS
# Fonts are for text in SVG pictures. Their folders get whole seconds: layers keep no more, and the list of fonts below
# holds only while these times do.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates fontconfig-config fonts-dejavu-core python3 \
 && if [ "$LIBVIPS" = system ]; then apt-get install -y --no-install-recommends libvips42; fi \
 && rm -rf /var/lib/apt/lists/* \
 && find /usr/share/fonts /usr/local/share/fonts -type d -exec touch --date=2026-01-01 {} + \
 && groupadd --gid 10001 edge \
 && useradd --uid 10001 --gid edge --no-log-init --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin edge \
 && install -d -o edge -g edge -m 0700 /var/cache/edge \
 && install -d /etc/edge /photos
COPY --from=build /opt/edge /opt/edge
# Every codec once: the build fails if one does not load, and the list of fonts is made while it can be written.
RUN ["/opt/edge/bin/python3", "-B", "-P", "-c", "from edge.imaging.warm import warm; warm()"]
COPY config/docker.yaml /etc/edge/edge.yaml
# MALLOC_ARENA_MAX: as workers have it; the serving process's threads only read files and share two arenas well.
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
