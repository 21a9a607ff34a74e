package door_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// mayUse are the files that may name what only some may have: the judge, and verdicts that refuse nothing. Looking at
// grants is for the page, for lists of what a caller may see, and for testIamPermissions.
var mayUse = map[string][]string{
	"Judge": {"google/iam/policy/judge.go", "google/iam/policy/engine.go", "machinery/door/door.go", "cloud/cloud.go"},
	"Explain": {"machinery/door/door.go", "machinery/rest/iampolicy.go", "google/project/project.go",
		"cloud/snapshot.go"},
}

// Only the door has the judge, so that nothing is decided without being written down.
func TestOnlyTheDoorJudges(t *testing.T) {
	used := map[string]map[string]bool{"Judge": {}, "Explain": {}}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		ast.Inspect(file, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && used[id.Name] != nil {
				used[id.Name][filepath.ToSlash(name)] = true
			}
			return true
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, files := range mayUse {
		for _, file := range files {
			if !used[name][file] {
				t.Errorf("%s no longer uses %s: take it off the list", file, name)
			}
			delete(used[name], file)
		}
		for file := range used[name] {
			t.Errorf("%s uses %s: ask Visit.Allow, which writes the answer down", file, name)
		}
	}
}
