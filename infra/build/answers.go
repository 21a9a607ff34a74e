package build

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/api/cloudbuild/v1"
)

// digestOfVersion takes sha256:… from the name of a version,
// projects/P/locations/L/repositories/R/packages/NAME/versions/sha256:….
func digestOfVersion(version string) (string, error) {
	_, digest, found := strings.Cut(version, "/versions/")
	if !found || !strings.HasPrefix(digest, "sha256:") {
		return "", fmt.Errorf("artifact registry's version %q names no digest", version)
	}
	return digest, nil
}

// buildID takes the build's id from the operation that creating it answers
// with, a BuildOperationMetadata.
func buildID(operation *cloudbuild.Operation) (string, error) {
	var metadata struct{ Build cloudbuild.Build }
	if err := json.Unmarshal(operation.Metadata, &metadata); err != nil {
		return "", fmt.Errorf("reading the build's operation: %w", err)
	}
	if metadata.Build.Id == "" {
		return "", errors.New("cloud build's operation names no build")
	}
	return metadata.Build.Id, nil
}

// isAboutGrants reports whether a build failed for want of its account's roles:
// before its steps it could not read the source, after them not push.
// https://cloud.google.com/build/docs/api/reference/rest/v1/projects.builds#FailureType
func isAboutGrants(build *cloudbuild.Build) bool {
	if build.FailureInfo == nil {
		return false
	}
	switch build.FailureInfo.Type {
	case "FETCH_SOURCE_FAILED", "PUSH_NOT_AUTHORIZED", "LOGGING_FAILURE":
		return true
	}
	return false
}

// failure says in a sentence why a build did not succeed.
func failure(build *cloudbuild.Build) string {
	for _, step := range build.Steps {
		switch step.Status {
		case "FAILURE", "TIMEOUT", "INTERNAL_ERROR", "CANCELLED", "EXPIRED":
			return fmt.Sprintf("step %q exited with %d", step.Name+" "+strings.Join(step.Args, " "), step.ExitCode)
		}
	}
	if build.FailureInfo != nil && build.FailureInfo.Detail != "" {
		return build.FailureInfo.Detail
	}
	if build.StatusDetail != "" {
		return build.StatusDetail
	}
	return "no reason given"
}
