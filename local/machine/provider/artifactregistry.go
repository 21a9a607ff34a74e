package provider

import (
	"context"
	"maps"
	"net/http"
	"net/url"
)

const artifactRegistry = "/artifactregistry/v1/"

func init() {
	register(map[string]*kind{
		"gcp:artifactregistry/repository:Repository": {
			defaults: map[string]any{
				"mode":                                 "STANDARD_REPOSITORY",
				"cleanupPolicies[].condition.tagState": "ANY",
				"mavenConfig.versionPolicy":            "VERSION_POLICY_UNSPECIFIED",
				"remoteRepositoryConfig.dockerRepository.publicRepository": "DOCKER_HUB",
				"remoteRepositoryConfig.mavenRepository.publicRepository":  "MAVEN_CENTRAL",
				"remoteRepositoryConfig.npmRepository.publicRepository":    "NPMJS",
				"remoteRepositoryConfig.pythonRepository.publicRepository": "PYPI",
			},
			rules: map[string]rule{
				"mode":                                 enum("STANDARD_REPOSITORY", "VIRTUAL_REPOSITORY", "REMOTE_REPOSITORY"),
				"cleanupPolicies[].action":             enum("DELETE", "KEEP"),
				"cleanupPolicies[].condition.tagState": enum("TAGGED", "UNTAGGED", "ANY"),
			},
			computed:  []string{"location", "project"},
			unordered: []string{"cleanupPolicies"},
			id:        within("projects/{project}/locations/{location}/repositories/{repositoryId}"),
			imports: []string{
				"projects/{project}/locations/{location}/repositories/{repositoryId}",
				"{project}/{location}/{repositoryId}", "{location}/{repositoryId}",
			},
			create: createRepository, read: readRepository, update: updateRepository, remove: removeRepository,
		},
		"gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": iamMember(repositoryPolicy, "repository"),
	})
}

// repositoryFields are the inputs that are fields of the repository, apart from labels and cleanupPolicies.
var repositoryFields = []string{
	"format", "description", "mode", "kmsKeyName", "dockerConfig", "mavenConfig",
	"virtualRepositoryConfig", "remoteRepositoryConfig", "cleanupPolicyDryRun",
}

// repository is the inputs as a Repository of Google's API.
// https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories
func repository(c *call) map[string]any {
	body := c.body("Repository", repositoryFields...)
	body["labels"] = c.labels()
	if policies := c.body("Repository", "cleanupPolicies")["cleanupPolicies"]; policies != nil {
		byID := map[string]any{} // a list here, a map at Google's
		for _, policy := range policies.([]any) {
			policy := maps.Clone(policy.(map[string]any))
			id, _ := policy["id"].(string)
			delete(policy, "id")
			byID[id] = policy
		}
		body["cleanupPolicies"] = byID
	}
	return body
}

func createRepository(ctx context.Context, c *call) (string, map[string]any, error) {
	id, err := c.kind.id(c)
	if err != nil {
		return "", nil, err
	}
	name := c.text("repositoryId")
	operation, err := c.rest.call(ctx, http.MethodPost,
		artifactRegistry+id[:len(id)-len("/"+name)]+"?repository_id="+url.QueryEscape(name), repository(c))
	if err != nil {
		return "", nil, err
	}
	_, err = c.await(ctx, artifactRegistry, operation)
	return id, nil, err
}

func readRepository(ctx context.Context, c *call) (map[string]any, error) {
	answer, err := c.rest.call(ctx, http.MethodGet, artifactRegistry+c.id, nil)
	if err != nil {
		return nil, err
	}
	policies, _ := answer["cleanupPolicies"].(map[string]any)
	list := []any{}
	for _, id := range sortedKeys(policies) {
		policy := maps.Clone(policies[id].(map[string]any))
		policy["id"] = id
		list = append(list, policy)
	}
	answer["cleanupPolicies"] = list
	state := c.decoded("Repository", answer, append([]string{"cleanupPolicies", "createTime", "updateTime", "labels"},
		repositoryFields...)...)
	parts, _ := parseID(c.id, "projects/{project}/locations/{location}/repositories/{repositoryId}")
	maps.Copy(state, parts)
	state["name"], state["effectiveLabels"] = parts["repositoryId"], state["labels"]
	return state, nil
}

func updateRepository(ctx context.Context, c *call) error {
	body, mask := c.patch("Repository", "description", "dockerConfig", "virtualRepositoryConfig", "cleanupPolicyDryRun")
	whole := repository(c)
	for _, name := range []string{"labels", "cleanupPolicies"} {
		if name == "labels" && !same(c.labels(), c.state["pulumiLabels"]) || c.changed(name) {
			body[name] = whole[name]
			if body[name] == nil {
				body[name] = map[string]any{}
			}
			mask = joinMask(mask, name)
		}
	}
	if mask == "" {
		return nil
	}
	_, err := c.rest.call(ctx, http.MethodPatch, artifactRegistry+c.id+"?updateMask="+url.QueryEscape(mask), body)
	return err
}

func removeRepository(ctx context.Context, c *call) error {
	operation, err := c.rest.call(ctx, http.MethodDelete, artifactRegistry+c.id, nil)
	if err != nil || operation == nil {
		return err
	}
	_, err = c.await(ctx, artifactRegistry, operation)
	return err
}

// repositoryPolicy says who may read and write a repository's images.
func repositoryPolicy(c *call) (policyOf, error) {
	return c.namedPolicy("repository", artifactRegistry,
		"projects/{project}/locations/{location}/repositories/{repository}")
}
