import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.internal.storage.file.FileRepository;
import org.eclipse.jgit.internal.storage.file.GC;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.PersonIdent;
import org.eclipse.jgit.lib.RefUpdate;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.storage.pack.PackConfig;

/**
 * Writes a repository by JGit, which is in Gerrit, Gitblit, Jenkins and Eclipse: with its packs (one for each kind of ref, one for what
 * nothing leads to, with bitmaps) and with large blobs, which it writes as they come: JGit FOLDER KEYS.
 */
public class JGit {
    static File folder;
    static Git git;
    static Iterator<String> keys;
    static final PersonIdent ME = new PersonIdent("A U Thor", "author@example.com", 1700000000000L, 60);

    static void save(String path, String text) throws Exception {
        Path file = folder.toPath().resolve(path);
        Files.createDirectories(file.getParent());
        Files.write(file, text.getBytes(StandardCharsets.UTF_8));
        git.add().addFilepattern(path).call();
    }

    static RevCommit commit(String message) throws Exception {
        return git.commit().setMessage(message).setAuthor(ME).setCommitter(ME).call();
    }

    static void gc(boolean bitmaps) throws Exception {
        GC gc = new GC((FileRepository) git.getRepository());
        PackConfig config = new PackConfig(git.getRepository());
        config.setBuildBitmaps(bitmaps);
        config.setDeltaCompress(true);
        gc.setPackConfig(config);
        gc.setExpireAgeMillis(1000L * 60 * 60 * 24);
        gc.gc();
    }

    public static void main(String[] args) throws Exception {
        folder = new File(args[0]);
        keys = List.of(args).subList(1, args.length).iterator();
        git = Git.init().setDirectory(folder).call();
        StringBuilder large = new StringBuilder();
        for (int n = 0; n < 4000; n++) {
            large.append("line ").append(n).append(" of a file that changes\n");
        }
        for (int n = 0; n < 20; n++) {
            large.insert(n * 1000, n % 5 == 0 ? "value = " + keys.next() + "\n" : "value " + n + "\n");
            save("src/settings.txt", large.toString());
            save("src/part" + n % 3 + "/\u00e4 " + n + ".txt", "part " + n + "\n");
            commit("change " + n);
        }
        RevCommit head = commit("a message with " + keys.next());
        git.tag().setName("v1").setMessage("release " + keys.next() + "\n").setTagger(ME).setAnnotated(true).call();
        git.notesAdd().setMessage("note " + keys.next() + "\n").setObjectId(head).call();
        gc(true);

        // What came after the packs, with refs beside the packed ones; a branch that was deleted.
        git.checkout().setCreateBranch(true).setName("lost").call();
        save("lost.txt", keys.next());
        commit("lost " + keys.next());
        git.checkout().setName(git.getRepository().resolve("refs/heads/master") == null ? "main" : "master").call();
        git.branchDelete().setBranchNames("lost").setForce(true).call();
        save("other.txt", keys.next());
        RevCommit change = commit("other\n\nChange-Id: I0123456789\n");
        RefUpdate review = git.getRepository().updateRef("refs/changes/34/1234/1"); // as Gerrit has them
        review.setNewObjectId(change);
        review.update();
        gc(false);
        try (ObjectInserter inserter = git.getRepository().newObjectInserter()) {
            ObjectId blob = inserter.insert(Constants.OBJ_BLOB, ("nobody names " + keys.next() + "\n").getBytes(StandardCharsets.UTF_8));
            inserter.flush();
        }
        save("stashed.txt", keys.next());
        git.stashCreate().setPerson(ME).setWorkingDirectoryMessage("stash " + keys.next()).call();
        save("staged.txt", keys.next());
        git.close();
    }
}
