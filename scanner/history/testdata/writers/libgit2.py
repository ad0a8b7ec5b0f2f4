"""Writes a repository by libgit2, with every kind of object and ref that it has: libgit2.py FOLDER < keys, one a line."""

import os
import sys

import pygit2

folder = sys.argv[1]
keys = iter(sys.stdin.read().split())
me = pygit2.Signature("A U Thor", "author@example.com", 1700000000, 60)
repo = pygit2.init_repository(folder, initial_head="main")


def save(path, text):
    os.makedirs(os.path.dirname(os.path.join(folder, path)) or folder, exist_ok=True)
    with open(os.path.join(folder, path), "w") as file:
        file.write(text)
    repo.index.add(path)
    repo.index.write()


def commit(message, ref="HEAD", parents=None):
    parents = parents if parents is not None else [] if repo.head_is_unborn else [repo.head.target]
    return repo.create_commit(ref, me, me, message, repo.index.write_tree(), parents)


def key():
    return next(keys)


# Files that change often and little, which a pack keeps as deltas.
lines = [f"line {n} of a file that changes\n" for n in range(400)]
for n in range(30):
    lines[n * 11] = f"value {n} = {key()}\n" if n % 5 == 0 else f"value {n}\n"
    save("src/settings.txt", "".join(lines))
    save(f"src/part{n % 4}/ä {n}.txt", f"part {n}\n")
    commit(f"change {n}")
commit(f"a message with {key()}")

# A side branch that was merged, one that was deleted, and a commit that no ref ever had.
first = repo.head.target
repo.create_branch("side", repo[first])
repo.index.read_tree(repo[first].tree)
save("side.txt", key())
side = commit("side", "refs/heads/side", [first])
repo.index.read_tree(repo[first].tree)
commit("merge", "HEAD", [first, side])
repo.branches.delete("side")
repo.index.read_tree(repo[first].tree)
save("lost.txt", key())
repo.create_commit(None, me, me, f"lost {key()}", repo.index.write_tree(), [first])
repo.create_blob(f"nobody names {key()}\n".encode())

# Tags, notes, a stash, a worktree, symbolic refs, refs that are packed.
repo.create_tag("v1", repo.head.target, pygit2.GIT_OBJ_COMMIT, me, f"release {key()}\n")
repo.create_tag("of-a-tag", repo.revparse_single("v1").id, pygit2.GIT_OBJ_TAG, me, "a tag of a tag\n")
repo.create_note(f"note {key()}\n", me, me, str(repo.head.target))
repo.checkout_head(strategy=pygit2.GIT_CHECKOUT_FORCE)
save("stashed.txt", key())
with open(os.path.join(folder, "src/settings.txt"), "a") as file:
    file.write(key())
repo.stash(me, f"stash {key()}", include_untracked=True)
repo.references.create("refs/pull/7/head", first)
repo.references.create("refs/remotes/origin/HEAD", "refs/heads/main")
repo.add_worktree("linked", os.path.join(folder, "../linked"))
repo.references.compress()

# Half of it goes into a pack of libgit2's, with its idx. Of these objects, some stay loose as well.
builder = pygit2.PackBuilder(repo)
packed = sorted(map(str, repo))[::2]
for oid in packed:
    builder.add(pygit2.Oid(hex=oid))
builder.write()
for oid in packed[::2]:
    os.remove(os.path.join(repo.path, "objects", oid[:2], oid[2:]))

save("staged.txt", key())
