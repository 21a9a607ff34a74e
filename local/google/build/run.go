package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	cloudbuild "google.golang.org/api/cloudbuild/v1"
	loggingapi "google.golang.org/api/logging/v2"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/logging"
	"docx2pdf/local/machinery/status"
)

var errCancelled = errors.New("the build was cancelled")

// run does the build and returns it in its last state.
func (s *Service) run(ctx context.Context, b cloudbuild.Build, email string) cloudbuild.Build {
	timeout, err := time.ParseDuration(b.Timeout)
	if err != nil {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	log := s.newLog(b, email)
	s.update(b, func(b *cloudbuild.Build) {
		b.Status, b.StartTime = "WORKING", now()
		b.Warnings = log.warnings()
	})
	log.line("starting build %q", b.Id)
	images, kind, err := s.work(ctx, b, email, log)
	status, detail := outcome(ctx, b, err)
	if err != nil {
		log.line("ERROR: %v", err)
	}
	log.line("%s", map[bool]string{true: "DONE", false: status}[err == nil])
	log.flush() // whoever sees the build finished finds its whole log
	done := s.update(b, func(b *cloudbuild.Build) {
		b.Status, b.StatusDetail, b.FinishTime = status, detail, now()
		b.Results = &cloudbuild.Results{Images: images, BuildStepImages: make([]string, len(b.Steps))}
		if status == "FAILURE" {
			b.FailureInfo = &cloudbuild.FailureInfo{Type: kind, Detail: detail}
		}
		for i, step := range b.Steps {
			step.Status, step.ExitCode = ended(i, status, err)
		}
	})
	s.mu.Lock()
	delete(s.cancels, b.Id)
	s.mu.Unlock()
	_ = s.prune() // what cannot be dropped now is dropped after the next build
	return done
}

func outcome(ctx context.Context, b cloudbuild.Build, err error) (status, detail string) {
	switch {
	case err == nil:
		return "SUCCESS", ""
	case errors.Is(context.Cause(ctx), errCancelled):
		return "CANCELLED", ""
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "TIMEOUT", "build exceeded its timeout of " + b.Timeout
	}
	return "FAILURE", err.Error()
}

// stepError is the failure of a step.
type stepError struct {
	index int
	name  string
	err   error
}

func (e stepError) Error() string {
	return fmt.Sprintf("build step %d %q failed: %v", e.index, e.name, e.err)
}

func (e stepError) Unwrap() error { return e.err }

// ended is how step i ended in a build that ended with the given status and error; steps that did not run have none.
func ended(i int, build string, err error) (status string, exitCode int64) {
	var failed stepError
	var push pushError
	if err == nil || errors.As(err, &push) {
		return "SUCCESS", 0
	}
	if !errors.As(err, &failed) || i > failed.index {
		return "", 0
	}
	if i < failed.index {
		return "SUCCESS", 0
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 { // below 0 when it was killed
		exitCode = int64(exit.ExitCode())
	}
	return build, exitCode
}

// work fetches the source, runs the steps and pushes the images, all with the rights of the build's account. With an
// error comes the kind of failure as failureInfo names it.
func (s *Service) work(ctx context.Context, b cloudbuild.Build, email string,
	log *buildLog) (images []*cloudbuild.BuiltImage, kind string, err error) {
	principal, ok := s.Accounts.Principal(email)
	if !ok {
		return nil, "FETCH_SOURCE_FAILED", fmt.Errorf("service account %s is disabled or deleted", email)
	}
	workspace, err := os.MkdirTemp(s.dir, "workspace-")
	if err != nil {
		return nil, "FETCH_SOURCE_FAILED", err
	}
	defer os.RemoveAll(workspace)
	if err := s.fetch(b.Source.StorageSource, principal, workspace, log); err != nil {
		return nil, "FETCH_SOURCE_FAILED", err
	}
	if s.docker {
		images, err = s.withDocker(ctx, b, email, workspace, log)
	} else {
		images, err = s.withoutDocker(ctx, b, email, workspace, log)
	}
	var push pushError
	if errors.As(err, &push) {
		if status.Is(err, status.PermissionDenied) {
			return images, "PUSH_NOT_AUTHORIZED", err
		}
		return images, "PUSH_FAILED", err
	}
	return images, "USER_BUILD_STEP", err
}

// pushError is a failure after the steps succeeded.
type pushError struct {
	image string
	err   error
}

func (e pushError) Error() string { return fmt.Sprintf("pushing %s: %v", e.image, e.err) }

func (e pushError) Unwrap() error { return e.err }

func (s *Service) fetch(source *cloudbuild.StorageSource, principal policy.Principal, workspace string,
	log *buildLog) error {
	log.line("FETCHSOURCE")
	log.line("Fetching storage object: gs://%s/%s#%d", source.Bucket, source.Object, source.Generation)
	errand := s.Door.Errand("cloudbuild.builds (source)", principal)
	file, err := s.Storage.Read(errand, source.Bucket, source.Object, source.Generation)
	if err != nil {
		return fmt.Errorf("fetching source: %w", err)
	}
	return unpack(file, source.Object, workspace)
}

func (s *Service) update(b cloudbuild.Build, change func(*cloudbuild.Build)) cloudbuild.Build {
	updated, err := s.builds.Update(b.ProjectId+"/"+b.Id, func(b *cloudbuild.Build, exists bool) error {
		if b.Status == "CANCELLED" {
			return nil
		}
		change(b)
		return nil
	})
	if err != nil { // how it ends is told by its operation
		change(&b)
		return b
	}
	return updated
}

// buildLog writes a build's lines to Cloud Logging, if the build's account may write there.
type buildLog struct {
	service *Service
	build   cloudbuild.Build
	email   string
	allowed bool
	entries []logging.Entry
	flushed time.Time
}

func (s *Service) newLog(b cloudbuild.Build, email string) *buildLog {
	principal, _ := s.Accounts.Principal(email)
	wanted := b.Options == nil || b.Options.Logging != "NONE"
	errand := s.Door.Errand("cloudbuild.builds (log)", principal)
	return &buildLog{service: s, build: b, email: email,
		allowed: wanted && errand.Allow("logging.logEntries.create", policy.Project(b.ProjectId)) == nil}
}

// warnings is what a build carries whose log is lost.
func (l *buildLog) warnings() []*cloudbuild.Warning {
	if l.allowed || (l.build.Options != nil && l.build.Options.Logging == "NONE") {
		return nil
	}
	return []*cloudbuild.Warning{{Priority: "ALERT",
		Text: fmt.Sprintf("The service account running this build projects/%s/serviceAccounts/%s does not have permission "+
			"to write logs to Cloud Logging. To fix this, grant the Logs Writer (roles/logging.logWriter) role to the "+
			"service account.", l.build.ProjectId, l.email)}}
}

func (l *buildLog) line(format string, args ...any) { l.write(-1, fmt.Sprintf(format, args...)) }

func (l *buildLog) write(step int, text string) {
	text = strings.TrimRight(text, "\r\n")
	if !l.allowed || text == "" { // Cloud Logging takes no entries without a payload
		return
	}
	labels := map[string]string{"build_step": "MAIN"}
	if step >= 0 {
		labels["build_step"] = "Step #" + strconv.Itoa(step)
	}
	l.entries = append(l.entries, logging.Entry{
		LogName: "projects/" + l.build.ProjectId + "/logs/cloudbuild", TextPayload: text, Severity: "INFO", Labels: labels,
		Timestamp: time.Now().UTC().Format(time.RFC3339Nano),
		Resource: &loggingapi.MonitoredResource{Type: "build", Labels: map[string]string{"project_id": l.build.ProjectId,
			"build_id": l.build.Id, "build_trigger_id": ""}},
	})
	if time.Since(l.flushed) > 200*time.Millisecond {
		l.flush()
	}
}

func (l *buildLog) flush() {
	l.service.Logging.Write(l.build.ProjectId, l.entries...)
	l.entries, l.flushed = nil, time.Now()
}
