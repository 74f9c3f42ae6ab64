#!/usr/bin/env bash
# Makes pictures of a report the baselines on a branch, and pushes it; its arguments are pages or keys of the report, and
# none means all that are not as their baselines.
#
#   SISKIN                  the program; `siskin` or `siskin-runner`, whichever is found, unless told otherwise
#   SISKIN_BASELINES_BRANCH the branch of `origin`; visual-baselines unless told otherwise. It is made when it is not there
#   SISKIN_REPORT           the folder of the report; visual-report unless told otherwise
set -euo pipefail

siskin=${SISKIN:-$(command -v siskin || command -v siskin-runner || echo siskin)}
branch=${SISKIN_BASELINES_BRANCH:-visual-baselines}
report=${SISKIN_REPORT:-visual-report}
names=("$@")
[[ ${#names[@]} -gt 0 ]] || names=(--all)

tree=$(mktemp -d)
# The report stays as it was: it is approved once more when somebody else was faster.
copy=$(mktemp -d)
trap 'git worktree remove --force "$tree" 2>/dev/null || true; rm -rf "$tree" "$copy"' EXIT

for attempt in 1 2 3 4 5; do
  git worktree remove --force "$tree" 2>/dev/null || true
  rm -rf "$tree" "$copy"
  cp -R "$report" "$copy"
  head=
  if git ls-remote --exit-code --heads origin "$branch" >/dev/null; then
    git fetch --quiet origin "$branch"
    head=$(git rev-parse FETCH_HEAD)
  fi
  git worktree add --quiet --detach "$tree" ${head:+"$head"}
  # The first pictures begin a history of their own.
  [[ -n $head ]] || git -C "$tree" rm -rf --quiet --ignore-unmatch .
  "$siskin" visual approve "$copy" "${names[@]}" --baselines "$tree"
  git -C "$tree" add --all
  files=$(git -C "$tree" write-tree)
  if [[ -n $head && $files == $(git rev-parse "$head^{tree}") ]]; then
    echo "The branch $branch has these pictures already."
    exit 0
  fi
  commit=$(git commit-tree "$files" ${head:+-p "$head"} -m "Approve pictures: ${*:-all}")
  # Somebody else may have pushed meanwhile: then theirs is the branch to add to.
  if git push --quiet origin "$commit:refs/heads/$branch"; then
    echo "Pushed to $branch."
    exit 0
  fi
  echo "$branch could not be pushed to, attempt $attempt" >&2
done
exit 4
