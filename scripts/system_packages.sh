#!/bin/sh
# Make sure that the few programs the set-up needs are there: install them as root on Debian, name them otherwise.
set -eu
missing=""
"${PYTHON:-python3}" -c 'import ensurepip' >/dev/null 2>&1 || missing="$missing python3-venv"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
else
    echo "These system packages are missing:$missing. Install them and run make again." >&2
    exit 1
fi
