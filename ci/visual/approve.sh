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
  if git ls-remote --exit-code --heads origin "$branch" >/dev/null; then
    git fetch --quiet origin "$branch"
    git worktree add --quiet --detach "$tree" FETCH_HEAD
  else
    git worktree add --quiet --detach "$tree"
    git -C "$tree" checkout --quiet --orphan "siskin-$branch-$$"
    git -C "$tree" rm -rf --quiet . 2>/dev/null || true
  fi
  "$siskin" visual approve "$copy" "${names[@]}" --baselines "$tree"
  git -C "$tree" add --all
  if git -C "$tree" diff --cached --quiet; then
    echo "The branch $branch has these pictures already."
    exit 0
  fi
  git -C "$tree" commit --quiet -m "Approve pictures: ${*:-all}"
  # Somebody else may have pushed meanwhile: then theirs is the branch to add to.
  if git -C "$tree" push --quiet origin "HEAD:refs/heads/$branch"; then
    echo "Pushed to $branch."
    exit 0
  fi
  echo "$branch was pushed to by somebody else: attempt $((attempt + 1))" >&2
done
echo "$branch could not be pushed to" >&2
exit 4
