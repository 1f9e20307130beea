// dashboard-check reads a dashboard strictly, with Grafana's own schema library: a field that Grafana does not know, a
// value of the wrong type, and a required option that is left to its default are printed, one per line, and end it with
// status 1.
//
//	dashboard-check grafana-dashboard.json
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sort"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: dashboard-check FILE")
		os.Exit(2)
	}
	problems, err := check(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for _, problem := range problems {
		fmt.Println(problem)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

func check(file string) ([]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	// The schemas of the panels and queries of Grafana's own plugins.
	plugins.RegisterDefaultPlugins()
	if !json.Valid(text) {
		return nil, fmt.Errorf("%s is not JSON", file)
	}
	var read dashboard.Dashboard
	problems := list(read.UnmarshalJSONStrict(text))
	problems = append(problems, list(read.Validate())...)
	sort.Strings(problems)
	return problems, nil
}

// list takes an error apart: the library joins what it found into one.
func list(err error) []string {
	if err == nil {
		return nil
	}
	var several cog.BuildErrors
	if errors.As(err, &several) {
		var problems []string
		for _, one := range several {
			problems = append(problems, fmt.Sprintf("%s: %s", one.Path, one.Message))
		}
		return problems
	}
	return []string{err.Error()}
}
