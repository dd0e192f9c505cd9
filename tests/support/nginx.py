"""A real caching nginx before a server, as a content delivery network would stand there.

Every answer is kept by its whole address for as long as its headers say; while one is fetched anew
the others get the old one. What became of a request is told in `X-Cache`.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from ranking.benchmarks.processes import Command, free_port

_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
_CONFIGURATION = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{}}
http {{
  access_log off;
  {temporary}
  proxy_cache_path {folder}/cache keys_zone=lists:8m;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass {url};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_cache lists;
      proxy_cache_key $scheme$host$request_uri;
      proxy_cache_lock on;
      proxy_cache_use_stale updating;
      proxy_cache_background_update on;
      add_header X-Cache $upstream_cache_status always;
    }}
  }}
}}
"""


@contextmanager
def nginx_before(url: str, folder: Path) -> Iterator[str]:
    """Run nginx before a server for a while; gives its address."""
    port = free_port()
    parts = [f"{name}_temp_path {folder}/{name};" for name in _TEMPORARY]
    configuration = folder / "nginx.conf"
    user = "user root;" if os.getuid() == 0 else ""  # else its workers could not read the folder
    temporary = "\n  ".join(parts)
    configuration.write_text(
        _CONFIGURATION.format(user=user, folder=folder, port=port, url=url, temporary=temporary)
    )
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    log = folder / "nginx.log"
    process = Command(log, program, "-p", str(folder), "-e", str(log), "-c", str(configuration))
    process.start()
    try:
        at = f"http://127.0.0.1:{port}"
        process.await_answer(lambda: _answers(at))
        yield at
    finally:
        process.stop()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.TransportError:
        return False
