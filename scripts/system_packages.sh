#!/bin/sh
# Make sure that the programs and libraries that Python packages cannot bring are there: install them as root on
# Debian, name them otherwise. Usage: system_packages.sh setup|window
#   setup   what a virtual environment needs
#   window  what a napari window on a virtual screen needs, for the tests
set -eu
[ "$(uname -s)" = Linux ] || exit 0
missing=""
"${PYTHON:-python3}" -c 'import ensurepip' >/dev/null 2>&1 || missing="$missing python3-venv"
if [ "${1:-setup}" = window ] && command -v dpkg-query >/dev/null 2>&1; then
    for package in xvfb xauth libgl1 libegl1 libgl1-mesa-dri libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 \
        libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 \
        libdbus-1-3 libfontconfig1 libglib2.0-0; do
        # Newer releases rename some libraries; what provides the old name counts.
        if ! dpkg-query -W -f '${Status} ${Provides}\n' "$package" "${package}t64" 2>/dev/null |
            grep -q '^install ok installed'; then
            missing="$missing $package"
        fi
    done
elif [ "${1:-setup}" = window ] && ! command -v xvfb-run >/dev/null 2>&1; then
    missing="$missing xvfb"
fi
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
else
    echo "These system packages are missing:$missing. Install them and run make again." >&2
    exit 1
fi
