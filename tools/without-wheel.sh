#!/bin/sh
# A lock file without libvips' binary wheel, so that pyvips takes the libvips of the system: `without-wheel.sh LOCK`.
set -eu
awk '/^[^ #]/ { drop = /^pyvips-binary==/ } !drop' "$1"
