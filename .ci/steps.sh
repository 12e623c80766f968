# Read by run and long: how they run a step, and print what they run and after how many seconds.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

nodes=$(mktemp -d)
trap 'rm -rf "$nodes"' EXIT

run() {
  printf '\n=== [%s, %ss] %s\n' "$(node --version)" "$SECONDS" "$*"
  "$@"
}

# Runs a command under another Node, npm and all: run_with 22 npm test
run_with() {
  local bin
  bin=$(node scripts/install-node.mjs "$1" "$nodes")
  shift
  (PATH="$bin:$PATH" && run "$@")
}

# The commit that all of it holds for, for scripts/release.mjs: a tree with changes is no commit.
finish() {
  [ -n "$(git status --porcelain)" ] || git rev-parse HEAD >"$(git rev-parse --git-path "${1:-ci-passed-long}")"
  printf '\n=== all of it holds, after %ss\n' "$SECONDS"
}
