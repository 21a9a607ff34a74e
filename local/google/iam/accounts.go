package iam

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"

	iamapi "google.golang.org/api/iam/v1"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

func newUniqueID() string {
	n, err := rand.Int(rand.Reader, new(big.Int).Exp(big.NewInt(10), big.NewInt(20), nil))
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("1%020d", n)
}

func newEtag() string {
	b := make([]byte, 8)
	rand.Read(b)
	return base64.StdEncoding.EncodeToString(b)
}

func (s *Service) create(r *rest.Request) (any, error) {
	var body iamapi.CreateServiceAccountRequest
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if err := Refusals.Check("accounts", body); err != nil {
		return nil, err
	}
	project := r.Var("project")
	email := body.AccountId + "@" + project + ".iam.gserviceaccount.com"
	account, err := s.accounts.Update(email, func(a *iamapi.ServiceAccount, exists bool) error {
		if exists {
			e := status.Errorf(status.AlreadyExists, "Service account %s already exists within project projects/%s.",
				body.AccountId, project)
			return e
		}
		if body.ServiceAccount != nil {
			a.DisplayName, a.Description = body.ServiceAccount.DisplayName, body.ServiceAccount.Description
		}
		a.Name = "projects/" + project + "/serviceAccounts/" + email
		a.ProjectId, a.Email, a.UniqueId, a.Etag = project, email, newUniqueID(), newEtag()
		a.Oauth2ClientId = a.UniqueId
		return nil
	})
	return account, err
}

// account finds the account that the path names by email or unique id, in the path's project or any (-).
func (s *Service) account(r *rest.Request) (iamapi.ServiceAccount, error) {
	known, ok := s.Account(r.Var("account"))
	a, found := s.accounts.Get(known.Email)
	if !ok || !found || (r.Var("project") != "-" && a.ProjectId != r.Var("project")) {
		return a, status.Errorf(status.NotFound, "Unknown service account")
	}
	return a, nil
}

// onAccount is the resource of the path's account; an account that does not exist is judged by its project alone.
func (s *Service) onAccount(r *rest.Request) (policy.Resource, error) {
	if a, err := s.account(r); err == nil {
		return policy.In(a.Name), nil
	}
	project := r.Var("project")
	if project == "-" {
		_, domain, _ := strings.Cut(r.Var("account"), "@")
		project, _, _ = strings.Cut(domain, ".")
	}
	return policy.Resource{Project: project, Name: "projects/" + project + "/serviceAccounts/" + r.Var("account")}, nil
}

func (s *Service) exists(r *rest.Request) error {
	_, err := s.account(r)
	return err
}

func (s *Service) get(r *rest.Request) (any, error) { return s.account(r) }

func (s *Service) list(r *rest.Request) (any, error) {
	var answer iamapi.ListServiceAccountsResponse
	for _, a := range s.accounts.List("") {
		if a.ProjectId == r.Var("project") {
			answer.Accounts = append(answer.Accounts, &a)
		}
	}
	return answer, nil
}

func (s *Service) patch(r *rest.Request) (any, error) {
	var body iamapi.PatchServiceAccountRequest
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	fields := strings.Split(body.UpdateMask, ",")
	if err := Refusals.CheckField("accounts.patch", "updateMask", fields); err != nil {
		return nil, err
	}
	if err := Refusals.CheckField("accounts.patch", "serviceAccount", body.ServiceAccount); err != nil {
		return nil, err
	}
	changed, err := s.change(r, func(a *iamapi.ServiceAccount) error {
		for _, field := range fields {
			switch field {
			case "displayName", "display_name":
				a.DisplayName = body.ServiceAccount.DisplayName
			case "description":
				a.Description = body.ServiceAccount.Description
			}
		}
		return nil
	})
	// The answer names only what can be changed; the rest is in a read.
	return iamapi.ServiceAccount{Name: changed.Name, DisplayName: changed.DisplayName, Description: changed.Description},
		err
}

func (s *Service) setDisabled(disabled bool) func(*rest.Request) (any, error) {
	return func(r *rest.Request) (any, error) {
		_, err := s.change(r, func(a *iamapi.ServiceAccount) error {
			a.Disabled = disabled
			return nil
		})
		return rest.Empty{}, err
	}
}

func (s *Service) change(r *rest.Request, f func(*iamapi.ServiceAccount) error) (iamapi.ServiceAccount, error) {
	found, err := s.account(r)
	if err != nil {
		return found, err
	}
	return s.accounts.Update(found.Email, func(a *iamapi.ServiceAccount, exists bool) error {
		if !exists {
			return status.Errorf(status.NotFound, "Unknown service account")
		}
		a.Etag = newEtag()
		return f(a)
	})
}

// delete removes the account with its keys and its policy; its grants elsewhere stay behind as deleted members.
func (s *Service) delete(r *rest.Request) (any, error) {
	a, err := s.account(r)
	if err != nil {
		return nil, err
	}
	var gone store.Batch
	s.policies.AccountDeletedIn(&gone, a.Email, a.UniqueId)
	for _, k := range s.keys.Keys(a.Email + "/") {
		s.keys.DeleteIn(&gone, k)
	}
	s.policies.DropIn(&gone, a.Name)
	s.accounts.DeleteIn(&gone, a.Email)
	return rest.Empty{}, s.db.Write(&gone)
}
