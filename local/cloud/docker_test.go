package cloud_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"

	"docx2pdf/local/cloud"
)

// scripted is a script in the place of the docker command, which writes down how it is called.
type scripted struct{ dir string }

// engine answers what docker 20.10 and 28 with an engine of 20.10 were seen to answer; commands handles what a test is
// about.
func engine(t *testing.T, commands string) scripted {
	t.Helper()
	e := scripted{t.TempDir()}
	script := `#!/bin/sh
dir=` + e.dir + `
echo "$@" >> $dir/calls
if [ "$1" = --config ]; then config=$2; shift 2; fi
` + commands + `
case "$1" in
version) echo 20.10.24 ;;
login) cat > /dev/null; echo Login Succeeded ;;
esac
`
	if err := os.WriteFile(filepath.Join(e.dir, "docker"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", e.dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return e
}

func (e scripted) calls(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(e.dir, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func withDocker(o *cloud.Options) { o.Docker = true }

// With a Docker engine the Dockerfile's image is built and pushed as the build's account, with what else the user has
// set in Docker's configuration.
func TestBuildWithADockerEngine(t *testing.T) {
	own := t.TempDir()
	t.Setenv("DOCKER_CONFIG", own)
	if err := os.WriteFile(filepath.Join(own, "config.json"),
		[]byte(`{"auths":{"other":{"auth":"b3RoZXI="}},"credsStore":"desktop","currentContext":"mine"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	docker := engine(t,
		`case "$1" in build) cat $config/config.json >> $dir/calls; ls app/Dockerfile; printf '\033[91mgo: downloading\n\033[0m' >&2 ;; esac`)
	w := start(t, withDocker)
	w.prepareBuild()
	w.push("v1", &authn.Bearer{Token: w.owner}) // the script pushes nothing
	_, digest, _ := strings.Cut(w.call(w.owner, "GET", repository+"/dockerImages/app:v1", nil).want(200).text("uri"), "@")
	b := w.build(source(t, nil), "v1")
	if b.text("status") != "SUCCESS" || b.text("results", "images", 0, "digest") != digest {
		t.Fatalf("build: %s, want digest %s", b.body, digest)
	}
	docker.called(t, "build --force-rm --file app/Dockerfile --tag "+w.address+"/"+imageName+":v1 .", "push "+w.address+
		"/"+imageName+":v1",
		`"`+w.address+`":{"auth"`, `"other":{"auth":"b3RoZXI="}`, `"credHelpers":{"`+w.address+`":""}`,
		`"currentContext":"mine"`)
	log := w.buildLog(b.text("id"))
	if strings.Contains(log, "Without a Docker engine") || strings.Contains(log, "\x1b") {
		t.Errorf("the log is not that of the engine, in plain text:\n%s", log)
	}
	for _, want := range []string{"app/Dockerfile", "go: downloading"} {
		if !strings.Contains(log, want) {
			t.Errorf("the step's output %q is not in the log:\n%s", want, log)
		}
	}
}

// An engine that cannot be used ends the start with the reason, and leaves no login behind.
func TestUnusableDockerEngine(t *testing.T) {
	for name, test := range map[string]struct{ script, want string }{
		"it does not run":         {`echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?' >&2; exit 1`, "Is the docker daemon running?"},
		"it may not be used":      {`echo 'permission denied while trying to connect to the Docker daemon socket' >&2; exit 1`, "permission denied"},
		"it has another loopback": {`case "$1" in login) echo 'Error response from daemon: Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused' >&2; exit 1 ;; esac`, "does not reach the registry"},
	} {
		t.Run(name, func(t *testing.T) {
			engine(t, test.script)
			dir := t.TempDir()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			c, err := cloud.Open(ctx, cloud.Options{Dir: dir, Docker: true, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
			if err != nil {
				t.Fatal(err)
			}
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			err = c.Serve(ctx, listener, func() error { cancel(); return nil })
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "without -docker") {
				t.Errorf("Serve() = %v, want %q and what to do", err, test.want)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "build", "docker-*")); len(left) > 0 {
				t.Errorf("left behind: %s", left)
			}
		})
	}
}

// runs answers as an engine whose containers are the test's program; a container is out of memory once the file oom is
// there.
func runs(t *testing.T) (commands string) {
	t.Helper()
	app := filepath.Join(t.TempDir(), "app")
	if out, err := exec.Command("go", "build", "-o", app, "./testdata/app").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return `case "$1" in
pull) echo "$3" > $dir/pulled ;;
run)
  echo $$ > $dir/$3.pid
  while [ $# -gt 0 ]; do
    case "$1" in
    --env) export "$2"; shift ;;
    --cidfile) echo 0123456789ab > "$2"; shift ;;
    esac
    shift
  done
  exec ` + app + ` ;;
stop) kill -TERM $(cat $dir/$4.pid) ;;
kill) kill -KILL $(cat $dir/$2.pid) ;;
events) until [ -f $dir/oom ]; do sleep 0.1; done; rm $dir/oom; echo oom ;;
inspect) echo false ;;
ps) echo 0123456789ab ;;
image)
  if [ $2 = ls ]; then
    echo "elsewhere/app v1 sha256:` + strings.Repeat("ab", 32) + `"
    [ ! -f $dir/pulled ] || sed 's/@/ <none> /' $dir/pulled
  fi ;;
esac`
}

func (e scripted) called(t *testing.T, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(e.calls(t), want) {
			t.Errorf("docker was called as\n%s\nwant %q", e.calls(t), want)
		}
	}
}

// An image that is more than a binary runs with the Docker engine, and says so without one. With the last service its
// image goes too, and no other.
func TestRunWithADockerEngine(t *testing.T) {
	without := start(t)
	without.prepareBuild()
	without.account("runtime")
	without.push("v1", &authn.Bearer{Token: without.owner})
	without.deploy("app", container(imageName+":v1", nil)).saying("serve -docker")

	docker := engine(t, runs(t))
	w := start(t, withDocker)
	w.prepareBuild()
	w.account("runtime")
	w.push("v1", &authn.Bearer{Token: w.owner})
	template := func(_, container map[string]any) {
		container["resources"] = map[string]any{"limits": map[string]any{"cpu": "8", "memory": "4Gi"}, "cpuIdle": true}
	}
	url := w.deploy("app", container(imageName+":v1", template)).text("response", "uri")
	w.grant("/run/v2"+location+"/services/app", "roles/run.invoker", "allUsers")
	w.call("", "GET", url+"/", nil).want(200).saying("K_SERVICE=app")
	w.await("/run/v2/" + w.call(w.owner, "DELETE", "/run/v2"+location+"/services/app", nil).want(200).text("name"))
	image := w.address + "/" + imageName + "@sha256:"
	docker.called(t, "pull --quiet "+image, "--label docx2pdf.local.owner=", "--network host", "--memory 4294967296",
		"--cpus "+strconv.Itoa(min(8, runtime.NumCPU()))+" ",
		"events --filter container=cloud-run-", "stop -t 10 cloud-run-", "rm --force --volumes cloud-run-", "image rm "+image)
	if strings.Contains(docker.calls(t), "image rm elsewhere") {
		t.Errorf("an image from elsewhere was removed:\n%s", docker.calls(t))
	}
}

// The engine kills one process of a container that has no memory left, Cloud Run ends the whole instance.
func TestDockerContainerOutOfMemory(t *testing.T) {
	docker := engine(t, runs(t))
	w := start(t, withDocker)
	w.prepareBuild()
	w.account("runtime")
	w.push("v1", &authn.Bearer{Token: w.owner})
	url := w.deploy("app", container(imageName+":v1", nil)).text("response", "uri")
	w.grant("/run/v2"+location+"/services/app", "roles/run.invoker", "allUsers")
	w.call("", "GET", url+"/", nil).want(200)
	if err := os.WriteFile(filepath.Join(docker.dir, "oom"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the log says so", func() bool {
		return strings.Contains(w.logged(`resource.labels.service_name="app" AND severity>=ERROR`),
			"Memory limit of 512 MiB exceeded")
	})
	w.call("", "GET", url+"/", nil).want(200)
}

// Containers that a server left which was killed go with the next start, whether that uses the engine or not. Where no
// container was left the engine is not asked.
func TestContainersOfAKilledServerAreRemoved(t *testing.T) {
	docker := engine(t, runs(t))
	w := start(t)
	w.stop()
	instance := filepath.Join(w.options.Dir, "run", "instances", "left")
	if err := os.MkdirAll(instance, 0o700); err != nil {
		t.Fatal(err)
	}
	w.up("127.0.0.1:0")
	w.stop()
	if _, err := os.Stat(filepath.Join(docker.dir, "calls")); err == nil {
		t.Fatalf("docker was called as\n%s", docker.calls(t))
	}
	if err := os.MkdirAll(instance, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(instance, "docker-container"), []byte("0123456789ab"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.up("127.0.0.1:0")
	docker.called(t, "--filter label=docx2pdf.local.owner=", ":"+filepath.Join(w.options.Dir, "run"),
		"rm --force --volumes 0123456789ab")
	if _, err := os.Stat(instance); err == nil {
		t.Error("the instance's directory is left")
	}
}
