// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"github.com/tocsin-id/tocsin/internal/idp"
)

var groupChecks = []check{
	{"comes back as it was made", func(e *env) {
		g := e.group("Staff")
		same(e, "Groups", get(e, idp.Tx.Groups), []idp.Group{g})
		g.Name = "People"
		write(e, idp.Tx.UpdateGroup, g)
		same(e, "Group", read(e, idp.Tx.Group, g.ID), g)
	}},
	{"has a name of its own in any case", func(e *env) {
		e.group("staff")
		refuse(e, idp.ErrConflict, idp.Tx.CreateGroup, idp.Group{ID: "2", Name: "STAFF"})
		write(e, idp.Tx.CreateGroup, idp.Group{ID: "2", Name: "Ärzte"})
		refuse(e, idp.ErrConflict, idp.Tx.CreateGroup, idp.Group{ID: "3", Name: "ÄRZTE"})
		refuse(e, idp.ErrConflict, idp.Tx.UpdateGroup, idp.Group{ID: "2", Name: "Staff"})
	}},
	{"is listed by name", func(e *env) {
		for _, name := range []string{"b", "C", "a"} {
			e.group(name)
		}
		var names []string
		for _, g := range get(e, idp.Tx.Groups) {
			names = append(names, g.Name)
		}
		same(e, "Groups", names, []string{"a", "b", "C"})
	}},
	{"is not found when it does not exist", func(e *env) {
		u := e.user("ada")
		g := e.group("staff")
		missing(e, idp.Tx.Group, "none")
		refuse(e, idp.ErrNotFound, idp.Tx.UpdateGroup, idp.Group{ID: "none", Name: "none"})
		refuse(e, idp.ErrNotFound, idp.Tx.DeleteGroup, "none")
		e.refused(idp.ErrNotFound, func(tx idp.Tx) error { return tx.AddMember("none", u.ID) })
		e.refused(idp.ErrNotFound, func(tx idp.Tx) error { return tx.AddMember(g.ID, "nobody") })
	}},
	{"has members", func(e *env) {
		ada, bob := e.user("ada"), e.user("bob")
		staff, ops := e.group("staff"), e.group("ops")
		e.update(func(tx idp.Tx) error {
			for range 2 { // the second time changes nothing
				if err := tx.AddMember(staff.ID, ada.ID); err != nil {
					return err
				}
			}
			if err := tx.AddMember(staff.ID, bob.ID); err != nil {
				return err
			}
			return tx.AddMember(ops.ID, ada.ID)
		})
		same(e, "Members", read(e, idp.Tx.Members, staff.ID), []idp.UserID{"ada", "bob"})
		same(e, "GroupsOf", read(e, idp.Tx.GroupsOf, ada.ID), []idp.GroupID{"ops", "staff"})
		for range 2 {
			e.update(func(tx idp.Tx) error { return tx.RemoveMember(staff.ID, ada.ID) })
		}
		same(e, "Members after removal", read(e, idp.Tx.Members, staff.ID), []idp.UserID{"bob"})
	}},
	{"is taken from users and applications", func(e *env) {
		u := e.user("ada")
		staff, ops := e.group("staff"), e.group("ops")
		app := e.application("crm", staff.ID, ops.ID)
		e.update(func(tx idp.Tx) error { return tx.AddMember(staff.ID, u.ID) })
		write(e, idp.Tx.DeleteGroup, staff.ID)
		missing(e, idp.Tx.Group, staff.ID)
		same(e, "GroupsOf", read(e, idp.Tx.GroupsOf, u.ID), []idp.GroupID(nil))
		same(e, "groups of the application", read(e, idp.Tx.Application, app.ID).Groups, []idp.GroupID{ops.ID})
	}},
	{"stays while it closes an application", func(e *env) {
		staff := e.group("staff")
		e.application("crm", staff.ID)
		refuse(e, idp.ErrConflict, idp.Tx.DeleteGroup, staff.ID)
		read(e, idp.Tx.Group, staff.ID)
	}},
}
