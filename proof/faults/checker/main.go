// Command checker tells whether a history of puts and gets is linearizable: whether some order of
// them, each within its own time, is what one register for each key would have done.
//
// It reads one operation a line as JSON from its input, and prints a verdict as JSON.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
)

// An operation as the history has it.
type operation struct {
	Client int    `json:"client"`
	Kind   string `json:"kind"`
	Key    string `json:"key"`
	// What was put, or what was got: "" where the key was not there.
	Value string `json:"value"`
	// Nanoseconds by one monotonic clock.
	Call   int64 `json:"call"`
	Return int64 `json:"return"`
}

type verdict struct {
	// Ok, Illegal, or Unknown where the time was not enough.
	Result     string  `json:"result"`
	Operations int     `json:"operations"`
	Seconds    float64 `json:"seconds"`
}

// Each key is a register of its own, empty at first: its history is checked by itself, since a
// history is linearizable if each object's part of it is.
var registers = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[string][]porcupine.Operation{}
		for _, one := range history {
			key := one.Input.(operation).Key
			byKey[key] = append(byKey[key], one)
		}
		parts := make([][]porcupine.Operation, 0, len(byKey))
		for _, part := range byKey {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return "" },
	Step: func(state, input, _ any) (bool, any) {
		one := input.(operation)
		if one.Kind == "put" {
			return true, one.Value
		}
		return one.Value == state, state
	},
}

func main() {
	limit := flag.Duration("limit", 60*time.Second, "after this time the result is Unknown")
	flag.Parse()
	if err := check(*limit); err != nil {
		fmt.Fprintln(os.Stderr, "checker:", err)
		os.Exit(2)
	}
}

func check(limit time.Duration) error {
	history, err := read(bufio.NewScanner(os.Stdin))
	if err != nil {
		return err
	}
	start := time.Now()
	result := porcupine.CheckOperationsTimeout(registers, history, limit)
	return json.NewEncoder(os.Stdout).Encode(verdict{
		Result:     string(result),
		Operations: len(history),
		Seconds:    time.Since(start).Seconds(),
	})
}

func read(lines *bufio.Scanner) ([]porcupine.Operation, error) {
	var history []porcupine.Operation
	for number := 1; lines.Scan(); number++ {
		var one operation
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if one.Kind != "put" && one.Kind != "get" {
			return nil, fmt.Errorf("line %d: kind %q, expected put or get", number, one.Kind)
		}
		if one.Return < one.Call {
			return nil, fmt.Errorf("line %d: it returns (%d) before its call (%d)", number, one.Return, one.Call)
		}
		history = append(history, porcupine.Operation{
			ClientId: one.Client, Input: one, Call: one.Call, Return: one.Return,
		})
	}
	return history, lines.Err()
}
