package container

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// registryUser is whom Artifact Registry takes an access token from as a password
// (https://cloud.google.com/artifact-registry/docs/docker/authentication#token).
const registryUser = "oauth2accesstoken"

// DockerConfig makes a folder with the user's Docker configuration, in which the login of the registry is the access
// token. What else the user has set stays: contexts, plugins, proxies, other logins. Whoever asks for it removes it.
func DockerConfig(parent, registry, accessToken string) (dir string, err error) {
	home, _ := os.UserHomeDir() // without one, nothing is set
	own := cmp.Or(os.Getenv("DOCKER_CONFIG"), filepath.Join(home, ".docker"))
	data, err := os.ReadFile(filepath.Join(own, "config.json"))
	if errors.Is(err, fs.ErrNotExist) {
		data, err = []byte("{}"), nil
	}
	config := map[string]json.RawMessage{}
	if err == nil {
		err = json.Unmarshal(data, &config)
	}
	if err != nil {
		return "", fmt.Errorf("reading Docker's configuration: %w", err)
	}
	login := map[string]string{"auth": base64.StdEncoding.EncodeToString([]byte(registryUser + ":" + accessToken))}
	if err := set(config, "auths", registry, login); err != nil {
		return "", err
	}
	if err := set(config, "credHelpers", registry, ""); err != nil { // or credsStore would be asked
		return "", err
	}
	if data, err = json.Marshal(config); err != nil {
		return "", err
	}
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", err
	}
	if dir, err = os.MkdirTemp(parent, "docker-"); err != nil {
		return "", err
	}
	for _, name := range []string{"contexts", "cli-plugins"} {
		if err := os.Symlink(filepath.Join(own, name), filepath.Join(dir, name)); err != nil {
			return dir, err
		}
	}
	return dir, os.WriteFile(filepath.Join(dir, "config.json"), data, 0o600)
}

// set puts an entry into one of the configuration's maps.
func set(config map[string]json.RawMessage, section, key string, value any) error {
	entries := map[string]any{}
	if have := config[section]; have != nil {
		if err := json.Unmarshal(have, &entries); err != nil {
			return fmt.Errorf("reading %s of Docker's configuration: %w", section, err)
		}
	}
	if entries == nil { // "auths": null
		entries = map[string]any{}
	}
	entries[key] = value
	data, err := json.Marshal(entries)
	config[section] = data
	return err
}
