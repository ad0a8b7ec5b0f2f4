package hosttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cutAPI is the path below an API, in its parts, and whose API it is.
func cutAPI(u *url.URL) (path []string, kind string, ok bool) {
	for prefix, kind := range map[string]string{"/api/v3/": "github", "/api/v4/": "gitlab", "/api/v1/": "gitea"} {
		if rest, ok := strings.CutPrefix(u.EscapedPath(), prefix); ok {
			for _, part := range strings.Split(rest, "/") {
				part, err := url.PathUnescape(part)
				if err != nil {
					return nil, "", false
				}
				path = append(path, part)
			}
			return path, kind, true
		}
	}
	return nil, "", false
}

type object = map[string]any

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // whoever asked has gone
}

// page is the part of a list that is asked for, and says in the headers which others there are.
func page[T any](w http.ResponseWriter, r *http.Request, list []T, size string) []T {
	q := r.URL.Query()
	n, _ := strconv.Atoi(q.Get("page"))
	per, _ := strconv.Atoi(q.Get(size))
	n = max(n, 1)
	if per = min(per, 100); per <= 0 {
		per = 30
	}
	pages := (len(list) + per - 1) / per
	w.Header().Set("X-Total-Count", strconv.Itoa(len(list)))
	w.Header().Set("X-Total", strconv.Itoa(len(list)))
	if n < pages {
		q.Set("page", strconv.Itoa(n+1))
		w.Header().Set("X-Next-Page", strconv.Itoa(n+1))
		w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?%s>; rel="next"`, r.Host, r.URL.Path, q.Encode()))
	}
	from := min((n-1)*per, len(list))
	return list[from:min(from+per, len(list))]
}

// Describe is a repository as the API of the server's kind tells of it.
func (s *Server) Describe(r *Repository) map[string]any {
	switch s.Kind {
	case "github":
		return s.asGitHub(r)
	case "gitlab":
		return s.asGitLab(r)
	}
	return s.asGitea(r)
}

// each makes one thing of each.
func each[T, U any](list []T, make func(T) U) []U {
	all := []U{} // "null" is no list
	for _, one := range list {
		all = append(all, make(one))
	}
	return all
}

// of are the repositories below an owner, a group and its groups included.
func (s *Server) of(owner string) []*Repository {
	return s.repositories(func(r *Repository) bool {
		return strings.HasPrefix(strings.ToLower(r.Name), strings.ToLower(owner)+"/")
	})
}

func (s *Server) isUser(name string) bool {
	return slices.ContainsFunc(append(s.Users, s.Me), func(u string) bool { return strings.EqualFold(u, name) })
}

// isOrganisation is true for an owner that is no user.
func (s *Server) isOrganisation(name string) bool { return len(s.of(name)) > 0 && !s.isUser(name) }

func (s *Server) cloneURL(r *Repository) string {
	if r.CloneURL != "" {
		return r.CloneURL
	}
	return s.URL + "/" + r.Name + ".git"
}

func (s *Server) github(w http.ResponseWriter, r *http.Request, path []string) {
	list := func(of []*Repository) { answer(w, each(page(w, r, of, "per_page"), s.asGitHub)) }
	switch {
	case len(path) == 1 && path[0] == "user" && s.Me != "":
		answer(w, object{"login": s.Me, "type": "User"})
	case len(path) == 2 && path[0] == "user" && path[1] == "repos" && s.Me != "":
		list(s.of(s.Me))
	case len(path) == 2 && path[0] == "installation":
		all := s.repositories(func(*Repository) bool { return true })
		answer(w, object{"total_count": len(all), "repositories": each(page(w, r, all, "per_page"), s.asGitHub)})
	case len(path) == 2 && path[0] == "orgs" && s.isOrganisation(path[1]):
		answer(w, object{"login": path[1], "public_repos": len(s.of(path[1]))})
	case len(path) == 2 && path[0] == "users" && s.isUser(path[1]):
		answer(w, object{"login": path[1], "type": "User"})
	case len(path) == 3 && path[0] == "orgs" && path[2] == "repos" && s.isOrganisation(path[1]):
		list(s.of(path[1]))
	case len(path) == 3 && path[0] == "users" && path[2] == "repos" && s.isUser(path[1]):
		list(slices.DeleteFunc(s.of(path[1]), func(r *Repository) bool { return r.Private }))
	case len(path) >= 3 && path[0] == "repos" && s.find(path[1]+"/"+path[2]) != nil:
		one := s.find(path[1] + "/" + path[2])
		if len(path) == 4 && path[3] == "activity" {
			s.githubActivity(w, r, one)
			return
		}
		answer(w, s.asGitHub(one))
	default:
		Refuse(w, http.StatusNotFound)
	}
}

func (s *Server) asGitHub(r *Repository) object {
	o := object{
		"full_name": r.Name, "name": r.Name[strings.LastIndex(r.Name, "/")+1:], "clone_url": s.cloneURL(r),
		"private": r.Private, "archived": r.Archived, "fork": r.Fork, "size": r.Kilobyte, "visibility": "public",
		"pushed_at": nil,
	}
	if r.Private {
		o["visibility"] = "private"
	}
	if !r.PushedAt.IsZero() {
		o["pushed_at"] = r.PushedAt.UTC().Format(time.RFC3339)
	}
	return o
}

// githubActivity has pages behind cursors.
func (s *Server) githubActivity(w http.ResponseWriter, r *http.Request, of *Repository) {
	q := r.URL.Query()
	var list []Push
	for _, p := range of.Pushes {
		if t := q.Get("activity_type"); t == "" || t == p.Type {
			list = append(list, p)
		}
	}
	per, _ := strconv.Atoi(q.Get("per_page"))
	from, _ := strconv.Atoi(strings.TrimPrefix(q.Get("after"), "cursor"))
	from = min(from, len(list))
	to := min(from+max(per, 1), len(list))
	if to < len(list) {
		q.Set("after", "cursor"+strconv.Itoa(to))
		w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?%s>; rel="next"`, r.Host, r.URL.Path, q.Encode()))
	}
	answer(w, each(list[from:to], func(p Push) object {
		return object{"id": 1, "before": p.Before, "after": p.After, "ref": "refs/heads/" + p.Branch,
			"timestamp": p.When.UTC().Format(time.RFC3339), "activity_type": p.Type, "actor": object{"login": p.By}}
	}))
}

func (s *Server) gitlab(w http.ResponseWriter, r *http.Request, path []string) {
	switch {
	case len(path) == 3 && path[0] == "groups" && path[2] == "projects" && s.isOrganisation(path[1]):
		answer(w, each(page(w, r, s.of(path[1]), "per_page"), s.asGitLab))
	case len(path) == 3 && path[0] == "users" && path[2] == "projects" && s.isUser(path[1]):
		answer(w, each(page(w, r, s.of(path[1]), "per_page"), s.asGitLab))
	case len(path) == 2 && path[0] == "projects" && s.find(path[1]) != nil:
		answer(w, s.asGitLab(s.find(path[1])))
	case len(path) == 3 && path[0] == "projects" && path[2] == "events" && s.find(path[1]) != nil:
		answer(w, each(page(w, r, s.find(path[1]).Pushes, "per_page"), asEvent))
	default:
		Refuse(w, http.StatusNotFound)
	}
}

func (s *Server) asGitLab(r *Repository) object {
	o := object{
		"id": 1, "path_with_namespace": r.Name, "http_url_to_repo": s.cloneURL(r), "archived": r.Archived,
		"empty_repo": r.Empty, "visibility": "public", "repository_access_level": "enabled",
	}
	if r.Private {
		o["visibility"] = "private"
	}
	if r.Fork {
		o["forked_from_project"] = object{"id": 2}
	}
	if !r.PushedAt.IsZero() {
		o["last_activity_at"] = r.PushedAt.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	return o
}

// asEvent is a push as GitLab tells of it, which does not tell whether it was forced.
func asEvent(p Push) object {
	action, name := "pushed", "pushed to"
	var to any = p.After
	if p.Type == "branch_deletion" {
		action, name, to = "removed", "deleted", nil
	}
	return object{
		"id": 1, "action_name": name, "created_at": p.When.UTC().Format("2006-01-02T15:04:05.000Z"),
		"author_username": p.By, "push_data": object{"commit_count": 1, "action": action, "ref_type": "branch",
			"commit_from": p.Before, "commit_to": to, "ref": p.Branch, "commit_title": "a title"},
	}
}

func (s *Server) gitea(w http.ResponseWriter, r *http.Request, path []string) {
	switch {
	case len(path) == 1 && path[0] == "version":
		answer(w, object{"version": "1.25.0"})
	case len(path) == 3 && path[0] == "orgs" && path[2] == "repos" && s.isOrganisation(path[1]),
		len(path) == 3 && path[0] == "users" && path[2] == "repos" && s.isUser(path[1]):
		answer(w, each(page(w, r, s.of(path[1]), "limit"), s.asGitea))
	case len(path) >= 3 && path[0] == "repos" && s.find(path[1]+"/"+path[2]) != nil:
		one := s.find(path[1] + "/" + path[2])
		if len(path) == 5 && path[3] == "activities" {
			answer(w, each(page(w, r, one.Pushes, "limit"), func(p Push) object { return asActivity(one, p) }))
			return
		}
		answer(w, s.asGitea(one))
	default:
		Refuse(w, http.StatusNotFound)
	}
}

func (s *Server) asGitea(r *Repository) object {
	return object{
		"id": 1, "full_name": r.Name, "clone_url": s.cloneURL(r), "private": r.Private, "archived": r.Archived,
		"fork": r.Fork, "empty": r.Empty, "size": r.Kilobyte, "updated_at": r.PushedAt.UTC().Format(time.RFC3339),
	}
}

// asActivity is a push as Gitea tells of it: the content is JSON within JSON, and that of a deletion is empty.
func asActivity(r *Repository, p Push) object {
	o := object{
		"id": 1, "op_type": "commit_repo", "ref_name": "refs/heads/" + p.Branch, "act_user": object{"login": p.By},
		"created": p.When.UTC().Format(time.RFC3339),
	}
	if p.Type == "branch_deletion" {
		o["op_type"], o["content"] = "delete_branch", ""
		return o
	}
	content, err := json.Marshal(object{
		"Commits": []object{{"Sha1": p.After, "Message": "a message"}}, "HeadCommit": object{"Sha1": p.After}, "Len": 1,
		"CompareURL": r.Name + "/compare/" + p.Before + "..." + p.After,
	})
	if err != nil {
		panic("internal error: " + err.Error())
	}
	o["content"] = string(content)
	return o
}
