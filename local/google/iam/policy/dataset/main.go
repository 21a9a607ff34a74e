// Command dataset writes the files of roles and permissions in the folder above anew, from a checkout of
// https://github.com/iann0036/iam-dataset (MIT licence), which keeps what Google's roles.list answers:
//
//	go run ./local/google/iam/policy/dataset CHECKOUT
//
// The roles that roles.txt names keep their place there; a new one is added by a line with its name.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// services are those whose permissions the local cloud knows.
var services = []string{"artifactregistry", "billing", "cloudbuild", "cloudkms", "cloudtrace", "iam", "logging",
	"monitoring",
	"orgpolicy", "pubsub", "resourcemanager", "run", "serviceusage", "storage"}

const folder = "local/google/iam/policy"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage, in the repository's root: go run ./"+folder+"/dataset CHECKOUT")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "writing roles:", err)
		os.Exit(1)
	}
}

func write(checkout string) error {
	files, err := filepath.Glob(filepath.Join(checkout, "gcp", "roles", "*.json"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no roles in %s: %w", checkout, err)
	}
	held := map[string][]string{}
	var names, permissions []string
	for _, file := range files {
		var role struct {
			Name                string
			IncludedPermissions []string
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(data, &role); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		names = append(names, strings.TrimPrefix(role.Name, "roles/"))
		held[role.Name] = slices.DeleteFunc(role.IncludedPermissions, func(p string) bool {
			service, _, _ := strings.Cut(p, ".")
			return !slices.Contains(services, service) || strings.Contains(service, "/")
		})
		permissions = append(permissions, held[role.Name]...)
	}
	modelled, err := os.ReadFile(filepath.Join(folder, "roles.txt"))
	if err != nil {
		return err
	}
	var roles strings.Builder
	for line := range strings.Lines(string(modelled)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") {
			roles.WriteString(line + "\n")
		} else if strings.HasPrefix(line, "roles/") {
			roles.WriteString(line + "\n" + grouped(held[line], "\t"))
		}
	}
	for name, content := range map[string]string{"roles.txt": roles.String(), "permissions.txt": grouped(permissions, ""),
		"names.txt": grouped(names, "")} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// grouped writes names by what they have before the last dot, one group a line.
func grouped(names []string, indent string) string {
	groups := map[string][]string{}
	for _, name := range names {
		at := max(strings.LastIndex(name, "."), 0)
		groups[name[:at]] = append(groups[name[:at]], strings.TrimPrefix(name[at:], "."))
	}
	var lines []string
	for group, ends := range groups {
		slices.Sort(ends)
		if group == "" {
			group = "-"
		}
		lines = append(lines, indent+group+" "+strings.Join(slices.Compact(ends), " ")+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}
