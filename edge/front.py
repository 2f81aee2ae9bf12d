"""The nginx configuration that fronts this one: slow clients, odd requests and TLS end there.

Each directive has its reason in a comment of the text; what conformance wants of nginx was measured with the HTTP
cache tests, what safety wants comes from the threat model (request smuggling, slow clients, forged X-Forwarded-*).
"""

import math
from string import Template

from edge.pipeline.jobs.sent import Bounds
from edge.settings import Listen, Settings
from edge.settings.origins import HttpOrigin

_TEMPLATE = Template("""\
# nginx in front of image-edge, printed by `edge nginx`. nginx includes it inside its http { }, for example as
# /etc/nginx/conf.d/edge.conf. It answers plain HTTP; for TLS add a certificate and "listen 443 ssl;" below.

limit_conn_zone $$binary_remote_addr zone=edge_per_client:10m;

upstream edge {
    server $upstream;
    keepalive 64;                           # connections kept open towards the edge
}

server {
    listen 80;
    listen [::]:80;
    # listen 443 ssl;
    # ssl_certificate     /etc/ssl/certs/img.example.com.pem;
    # ssl_certificate_key /etc/ssl/private/img.example.com.key;
    server_name $names;

    server_tokens off;
    merge_slashes off;                      # an empty path segment is part of an original's name
    underscores_in_headers off;
    client_header_timeout 5s;               # a slow client holds a connection of nginx, never one of the edge
    client_body_timeout 10s;
    send_timeout 30s;
    client_max_body_size $body;
    gzip off;                               # what it packs anew loses its length, its ranges and its strong ETag
    large_client_header_buffers 4 $line;
    limit_conn edge_per_client 100;

    location / {
        proxy_pass http://edge;             # without a path: the edge sees, and checks signatures of, what was sent
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $$http_host;
        proxy_set_header X-Forwarded-For $$remote_addr;   # not what the client claims
        proxy_set_header X-Forwarded-Proto $$scheme;
        proxy_set_header X-Forwarded-Host "";
        proxy_set_header Forwarded "";
        proxy_pass_header Date;             # the edge's own: Age counts from it
        proxy_pass_header Server;
        proxy_redirect off;                 # an origin's Location is nobody's to rewrite
        proxy_cache off;                    # the edge is the cache
        proxy_ignore_headers X-Accel-Expires X-Accel-Redirect X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset;
        proxy_request_buffering on;
        proxy_buffering on;
        proxy_buffer_size 32k;              # an answer's header fields: origins of raw routes may send many
        proxy_buffers 16 16k;
        proxy_next_upstream off;            # there is one edge, and no request may reach it twice
        proxy_connect_timeout 3s;
        proxy_read_timeout $patience;
    }
}
""")


def nginx(settings: Settings) -> str:
    """Text for nginx ≥ 1.18. The edge must trust nginx's address (server.trusted_proxies) to see the clients'."""
    fetching = [origin.timeout.total for origin in settings.origins.values() if isinstance(origin, HttpOrigin)]
    patience = settings.imaging.timeout + settings.imaging.queue_wait + max(fetching, default=0.0) + 5
    return _TEMPLATE.substitute(
        upstream=_upstream(settings.server.listen),
        names=" ".join(_names(settings)) or "_",
        body=f"{math.ceil(_most_content(settings) / 1024)}k",
        line=f"{_line(settings.limits.url_bytes) // 1024}k",
        patience=f"{math.ceil(patience)}s",
    )


def _upstream(listen: Listen) -> str:
    if listen.path is not None:
        return f"unix:{listen.path}"
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
    return str(Listen(everywhere.get(listen.host, listen.host), listen.port))


def _most_content(settings: Settings) -> int:
    """Bytes: a job brings several pictures along."""
    one = settings.limits.source_bytes
    return Bounds(one).all if any(route.dialect == "jobs" for route in settings.routes) else one


def _names(settings: Settings) -> list[str]:
    """The hosts of the routes; none as soon as one route serves any host."""
    if not all(route.host for route in settings.routes):
        return []
    return sorted({host for route in settings.routes for host in route.host or ()})


def _line(url_bytes: int) -> int:
    """Room for the whole request line, which has to fit one of nginx's buffers: a power of two, at least 16 KiB."""
    return max(16 * 1024, 1 << (url_bytes + 1024 - 1).bit_length())
