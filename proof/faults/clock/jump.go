package time

import "sync/atomic"

// For a build of etcd that is to have a wall clock of its own: by how many seconds it is off. The
// monotonic clock, by which Go measures durations, goes on as it is, as when somebody sets a clock.
var jump atomic.Int64

const jumpFile = "/run/drill-clock-jump"

func init() {
	go func() {
		for {
			jump.Store(readJump())
			Sleep(100 * Millisecond)
		}
	}()
}

// readJump is 0 where there is no file, or no number in it.
func readJump() int64 {
	text, err := readFile(jumpFile)
	if err != nil {
		return 0
	}
	seconds, err := atoi(string(text))
	if err != nil {
		return 0
	}
	return int64(seconds)
}
