// Package compile turns the checklist's source, YAML files that people edit, into the
// content pack that programs embed: pack.json, one file of texts for each locale, and the
// signed note over them.
//
// It promises that the same source and key give the same bytes, and that no pack leaves it
// which breaks a rule of the content model: [Compile] returns every finding, not only the
// first. Rules are judged against the pack's own release date, never against today.
//
// Programs never import it: YAML is read only when content is made.
package compile
