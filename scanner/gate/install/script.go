package install

// mark ends the second and last line of each hook of ours, and the line that is ours in a script of husky.
const mark = "# installed by skleak"

func hookText(line string) string { return "#!/bin/sh\n" + line + " " + mark + "\n" }

// script is the text of a hook. What was there before runs first: it may still change what is committed.
func (f folder) script(name string, chained bool) string {
	define, before := "", ""
	if chained {
		before = `"${0%/*}/` + keptFolder + `/` + name + `" "$@"`
	}
	if f.global {
		define, before = repositoryHook(name), `own "$@"`
	}
	return hookText(define + f.chain(name, before))
}

// chain is the command of a hook that runs before, if there is something, and then ours. A push is told on standard
// input, which both have to read.
func (f folder) chain(name, before string) string {
	ours := f.command(name)
	switch {
	case name == PreCommit && before == "":
		return "exec " + ours // arguments would be files to check
	case name == PreCommit:
		return before + " && exec " + ours
	case before == "":
		return "exec " + ours + ` -- "$@"`
	}
	const told = `printf "${in:+%s\n}" "$in" | `
	return `in=$(cat) && ` + told + before + ` && ` + told + ours + ` -- "$@"`
}

// command is what runs a hook of ours. In a hook that others may come to share, skleak is looked for in their PATH
// where it does not lie at the same place.
func (f folder) command(name string) string {
	program := shellQuoted(f.program)
	if f.shared {
		program = `"$(command -v ` + program + ` || echo skleak)"`
	}
	return program + " hook " + name
}
