# The files that come with a script.
# shellcheck shell=bash

# The bundle is one line a file: its name, a space, its content in base64.
receive_files() {
  make_folder "$config"
  rm -rf "$config"/.staging.*
  make_staging "$config"
  local file content
  while read -r file content; do
    [[ $file != end ]] || return 0
    base64 -d <<<"$content" >"$staging/$file"
  done
  fail "the files did not arrive whole: the connection ended early. Run pulumi up again"
}
