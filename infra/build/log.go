package build

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/api/logging/v2"

	"docx2pdf/infra/google"
)

// follower reads a build's log from Cloud Logging, where builds with
// CLOUD_LOGGING_ONLY write it, a line per entry.
// https://cloud.google.com/build/docs/securing-builds/store-manage-build-logs
type follower struct {
	logs           *logging.Service
	project, build string
	seen           map[string]bool // by insert id
	lines          []string
}

// read answers with the lines that came since the last call. Who deploys may
// lack roles/logging.viewer, and a build need not fail for that: whoever only
// shows progress ignores the error.
func (f *follower) read(ctx context.Context) ([]string, error) {
	request := &logging.ListLogEntriesRequest{
		ResourceNames: []string{"projects/" + f.project},
		Filter: fmt.Sprintf(`logName="projects/%s/logs/cloudbuild" AND resource.type="build" AND resource.labels.build_id="%s"`,
			f.project, f.build),
		OrderBy:  "timestamp asc",
		PageSize: 1000,
	}
	var fresh []string
	err := f.logs.Entries.List(request).Pages(ctx, func(page *logging.ListLogEntriesResponse) error {
		for _, entry := range page.Entries {
			if !f.seen[entry.InsertId] {
				f.seen[entry.InsertId] = true
				fresh = append(fresh, entry.TextPayload)
			}
		}
		return nil
	})
	f.lines = append(f.lines, fresh...)
	return fresh, err
}

// tail answers with the log's last n lines, after giving Cloud Logging a moment
// to catch up with the build.
func (f *follower) tail(ctx context.Context, n int) []string {
	for quiet := 0; quiet < 2; {
		fresh, err := f.read(ctx)
		if err != nil {
			break
		}
		if len(fresh) == 0 {
			quiet++
		}
		if google.Sleep(ctx, logLag) != nil {
			break
		}
	}
	return f.lines[max(0, len(f.lines)-n):]
}

// logLag is about how far Cloud Logging is behind.
const logLag = 500 * time.Millisecond
