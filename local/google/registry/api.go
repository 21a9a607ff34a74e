package registry

import (
	"slices"

	"docx2pdf/local/machinery/rest"
)

// API is artifactregistry.googleapis.com.
func (s *Service) API() *rest.API {
	const (
		location     = "/v1/projects/{project}/locations/{location}"
		repositories = location + "/repositories"
		repository   = repositories + "/{repository}"
		one          = repository + "/packages/{package}"
	)
	on := rest.OnName("projects", "{project}", "locations", "{location}", "repositories", "{repository}")
	exists := func(r *rest.Request) error {
		if _, ok := s.repositories.Get(nameOf(r)); !ok {
			return notFound()
		}
		return nil
	}
	route := func(id, method, path, permission string, handle func(*rest.Request) (any, error)) rest.Route {
		return rest.Route{ID: "artifactregistry.projects.locations.repositories." + id, Method: method, Path: path,
			Permission: "artifactregistry." + permission, On: on, Handle: handle}
	}
	onProject := func(route rest.Route) rest.Route {
		route.On = rest.OnProject
		return route
	}
	return &rest.API{Name: "artifactregistry.googleapis.com", Title: "Artifact Registry API", Mount: "artifactregistry",
		Server:         "ESF",
		StatusInErrors: true, Denied: denied,
		Routes: slices.Concat([]rest.Route{
			onProject(route("create", "POST", repositories, "repositories.create", s.create)),
			onProject(route("list", "GET", repositories, "repositories.list", s.list)),
			route("get", "GET", repository, "repositories.get", s.get),
			route("patch", "PATCH", repository, "repositories.update", s.patch),
			route("delete", "DELETE", repository, "repositories.delete", s.delete),
			route("packages.tags.get", "GET", one+"/tags/{tag}", "tags.get", s.getTag),
			route("packages.versions.get", "GET", one+"/versions/{+version}", "versions.get", s.getVersion),
			route("dockerImages.list", "GET", repository+"/dockerImages", "dockerimages.list", s.listDockerImages),
			route("dockerImages.get", "GET", repository+"/dockerImages/{+image}", "dockerimages.get", s.getDockerImage),
			{ID: "artifactregistry.projects.locations.operations.get", Method: "GET", Path: location + "/operations/{operation}",
				Anyone: rest.NamedOperation, Handle: s.getOperation},
		}, rest.IAMPolicy{ID: "artifactregistry.projects.locations.repositories", Path: repository,
			Permissions: "artifactregistry.repositories",
			GetMethod:   "GET", On: on, Exists: exists}.Routes(s.policies)),
	}
}
