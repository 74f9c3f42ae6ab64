#!/usr/bin/env bash
# Compares pictures of pages with their baselines; its arguments are those of `siskin visual test`.
#
#   SISKIN                  the program; `siskin` or `siskin-runner`, whichever is found, unless told otherwise
#   SISKIN_BASELINES        where the baselines are; visual-baselines unless told otherwise
#   SISKIN_BASELINES_BRANCH a branch of `origin` that holds them, which is fetched into that folder
#   SISKIN_REPORT           the folder of the report; visual-report unless told otherwise
#
# Exits as `siskin visual test` does: 3 when a picture is not as its baseline.
set -euo pipefail

siskin=${SISKIN:-$(command -v siskin || command -v siskin-runner || echo siskin)}
baselines=${SISKIN_BASELINES:-visual-baselines}
branch=${SISKIN_BASELINES_BRANCH:-}

if [[ -n $branch ]]; then
  mkdir -p "$baselines"
  # 2 says that there is no such branch yet: then every picture is without a baseline, and is told so.
  found=0
  git ls-remote --exit-code --heads origin "$branch" >/dev/null || found=$?
  case $found in
    0)
      git fetch --quiet --depth 1 origin "$branch"
      git archive FETCH_HEAD | tar -x -C "$baselines"
      ;;
    2) echo "origin has no branch $branch yet: approve the pictures of this run to make it" >&2 ;;
    *) exit 4 ;;
  esac
fi
exec "$siskin" visual test --baselines "$baselines" --report "${SISKIN_REPORT:-visual-report}" "$@"
