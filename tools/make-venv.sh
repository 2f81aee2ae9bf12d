#!/bin/sh
# Makes the virtual environment with the newest fitting Python, or says what to install.
set -eu
venv=$1
rm -rf "$venv"
for python in "${PYTHON:-}" python3.14 python3.13 python3.12 python3.11 python3; do
  [ -n "$python" ] || continue
  if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    exec "$python" -m venv "$venv"
  fi
done
echo 'No Python 3.11 or newer with venv was found. On Debian or Ubuntu: apt-get install python3 python3-venv' >&2
exit 1
