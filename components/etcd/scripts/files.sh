# The files that come with a script.
# shellcheck shell=bash

# The bundle is one line a file: its name, a space, its content with \n for each line's end and \\ for each backslash.
receive_files() {
  make_folder "$config"
  rm -rf "$config"/.staging.*
  make_staging "$config"
  local line
  while IFS= read -r line; do
    [[ $line != end ]] || return 0
    printf '%b' "${line#* }" >"$staging/${line%% *}"
  done
  fail "the files did not arrive whole: the connection ended early, or nobody went on. Run pulumi up again"
}
