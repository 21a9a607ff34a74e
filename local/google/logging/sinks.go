package logging

import (
	"strings"

	loggingapi "google.golang.org/api/logging/v2"

	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

func (s *Service) logSinks() configured[loggingapi.LogSink] {
	return configured[loggingapi.LogSink]{
		items: s.sinks, fields: []string{"destination", "filter", "description", "disabled", "exclusions"},
		name: func(r *rest.Request) string { return r.Name("projects", "{project}", "sinks", "{id}") },
		check: func(v *loggingapi.LogSink, r *rest.Request) error {
			if err := s.checkDestination(v.Destination, r.Var("project")); err != nil {
				return err
			}
			if _, err := parseFilter(v.Filter); err != nil {
				return err
			}
			return checkID(r)
		},
		set: func(v *loggingapi.LogSink, r *rest.Request, created bool) {
			v.Name, v.ResourceName = r.Var("id"), r.Name("projects", "{project}", "sinks", "{id}")
			if v.UpdateTime = now(); created {
				v.CreateTime = v.UpdateTime
			}
		},
	}
}

// checkDestination takes the log buckets of the project, for which a sink needs no account that may write.
func (s *Service) checkDestination(destination, project string) error {
	name, ok := strings.CutPrefix(destination, "logging.googleapis.com/")
	if !ok || !strings.HasPrefix(name, "projects/"+project+"/") {
		return status.NotModelled("sinks to other places than log buckets of their project (%q)", destination)
	}
	if b, exists := s.buckets.Get(name); !exists || b.LifecycleState == deleted {
		return status.Errorf(status.NotFound, "Bucket %s does not exist", name)
	}
	return nil
}

// mostExclusions is Google's limit for one sink.
// https://cloud.google.com/logging/quotas
const mostExclusions = 50

func (s *Service) logExclusions() configured[loggingapi.LogExclusion] {
	return configured[loggingapi.LogExclusion]{
		items: s.exclusions, fields: []string{"filter", "description", "disabled"},
		name: func(r *rest.Request) string { return r.Name("projects", "{project}", "exclusions", "{id}") },
		check: func(v *loggingapi.LogExclusion, r *rest.Request) error {
			if v.Filter == "" {
				return status.Errorf(status.InvalidArgument, "An exclusion must have a filter.")
			}
			if len(s.exclusions.Keys(r.Name("projects", "{project}", "exclusions")+"/")) > mostExclusions {
				return status.Errorf(status.ResourceExhausted, "A sink may have %d exclusions at most.", mostExclusions)
			}
			if _, err := parseFilter(v.Filter); err != nil {
				return err
			}
			return checkID(r)
		},
		set: func(v *loggingapi.LogExclusion, r *rest.Request, created bool) {
			v.Name = r.Var("id")
			if v.UpdateTime = now(); created {
				v.CreateTime = v.UpdateTime
			}
		},
	}
}

// configRoutes are the calls of the configuration.
func (s *Service) configRoutes() []rest.Route {
	const project = "/v2/projects/{project}"
	const buckets = project + "/locations/{location}/buckets"
	var routes []rest.Route
	add := func(id, method, path, permission string, handle func(*rest.Request) (any, error)) {
		routes = append(routes, rest.Route{ID: "logging.projects." + id, Method: method, Path: path,
			Permission: "logging." + permission, On: rest.OnProject, Handle: handle})
	}
	b, sinks, exclusions := s.logBuckets(), s.logSinks(), s.logExclusions()
	add("locations.buckets.create", "POST", buckets, "buckets.create", b.create)
	add("locations.buckets.list", "GET", buckets, "buckets.list", b.list("buckets", func(r *rest.Request) string {
		return r.Name("projects", "{project}", "locations", "{location}", "buckets") + "/"
	}))
	add("locations.buckets.get", "GET", buckets+"/{id}", "buckets.get", b.get)
	add("locations.buckets.patch", "PATCH", buckets+"/{id}", "buckets.update", b.patch)
	add("locations.buckets.delete", "DELETE", buckets+"/{id}", "buckets.delete", s.deleteBucket)
	add("locations.buckets.undelete", "POST", buckets+"/{id}:undelete", "buckets.undelete", s.undeleteBucket)

	add("sinks.create", "POST", project+"/sinks", "sinks.create", sinks.create)
	add("sinks.list", "GET", project+"/sinks", "sinks.list", sinks.list("sinks", inProject("sinks")))
	add("sinks.get", "GET", project+"/sinks/{id}", "sinks.get", sinks.get)
	add("sinks.patch", "PATCH", project+"/sinks/{id}", "sinks.update", sinks.patch)
	add("sinks.delete", "DELETE", project+"/sinks/{id}", "sinks.delete", sinks.remove)

	add("exclusions.create", "POST", project+"/exclusions", "exclusions.create", exclusions.create)
	add("exclusions.list", "GET", project+"/exclusions", "exclusions.list",
		exclusions.list("exclusions", inProject("exclusions")))
	add("exclusions.get", "GET", project+"/exclusions/{id}", "exclusions.get", exclusions.get)
	add("exclusions.patch", "PATCH", project+"/exclusions/{id}", "exclusions.update", exclusions.patch)
	add("exclusions.delete", "DELETE", project+"/exclusions/{id}", "exclusions.delete", exclusions.remove)
	return routes
}

func inProject(collection string) func(*rest.Request) string {
	return func(r *rest.Request) string { return r.Name("projects", "{project}", collection) + "/" }
}
