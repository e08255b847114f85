# shellcheck shell=bash
# Sourced: PYTHON is the interpreter, unless it is set. Debian's packages are for Debian's own, which another python3 on the
# PATH may hide.
if [[ -z ${PYTHON:-} ]]; then
  PYTHON=python3
  [[ ! -e /etc/debian_version || ! -x /usr/bin/python3 ]] || PYTHON=/usr/bin/python3
fi
export PYTHON PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
