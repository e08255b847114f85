// Runs tests/conformance/cases.json with this client. The README there describes the format; its run.py starts this program.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

type kase struct {
	Name   string
	Server string
	Steps  []step
}

type step struct {
	RPC         string
	Request     interface{}
	Expect      map[string]interface{}
	Key         string
	Server      string
	Timeout     float64
	CancelAfter int `json:"cancel_after"`
	Tries       int
}

func main() {
	var suite struct{ Cases []kase }
	var gaps map[string]map[string]string
	read("CASES", &suite)
	read("GAPS", &gaps)
	passed, failed, skipped := 0, 0, 0
	runner := newRunner()
	defer runner.close()
	for _, test := range suite.Cases {
		_, everywhere := gaps["every client"][test.Name]
		_, here := gaps["go"][test.Name]
		if everywhere || here {
			skipped++
			fmt.Println("gap", test.Name)
		} else if err := runner.run(test); err != nil {
			failed++
			fmt.Printf("not ok %s: %v\n", test.Name, err)
		} else {
			passed++
			fmt.Println("ok", test.Name)
		}
	}
	fmt.Printf("%d passed, %d failed", passed, failed)
	if skipped > 0 {
		fmt.Printf(", %d skipped", skipped)
	}
	fmt.Println()
	if failed > 0 {
		os.Exit(1)
	}
}

func setting(name string) string { return os.Getenv("CONFORMANCE_" + name) }

func read(name string, into interface{}) {
	text, err := os.ReadFile(setting(name))
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		panic(err)
	}
}
