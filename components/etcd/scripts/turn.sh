# A member's turn: tells what is seen of it, waits for what is decided by that, and leaves the permit. Nothing that takes
# the member's lock comes between.
# shellcheck shell=bash

# Arguments are those of the parts that it is made of.

# In seconds. Before its turn a member waits for all others, and theirs may have gigabytes to read (14 MiB/s, by
# memberStep.ts: 8 GiB are ten minutes); then a decision takes milliseconds: without one by then the program is gone.
readonly turn_comes_within=14400 decided_within=60

# Standard input: `look`, which is answered by one line, or `leave`; then, as `scriptInput` makes them, the files: the
# permit, or none.
turn() {
  local asked
  take_arguments "$@"
  read -r -t "$turn_comes_within" asked || fail "nobody said that it is this member's turn, for $turn_comes_within s"
  if [[ $asked == look ]]; then
    observe "$@" </dev/null
  else
    lock "$service"
  fi
  TMOUT=$decided_within
  check_identity
  receive_files
  [[ ! -e $staging/permit ]] || leave_permit
}
