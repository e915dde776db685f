package org.linuxssi.checkpoint;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.linuxssi.checkpoint.Order.Step;
import org.linuxssi.linux.Errno;

/** An order for an application of this node that is carried out. */
final class Checkpoint {

    private static final Logger LOG = System.getLogger(Checkpoint.class.getName());

    private final Surroundings around;
    private final Versions versions;
    private final Map<Integer, StandingStill> frozen;
    private final Order order;
    private final int number;

    /**
     * Begins.
     *
     * @param frozen the applications that stand still, by their numbers; changed here
     * @param order names the application by its number
     */
    Checkpoint(Surroundings around, Versions versions, Map<Integer, StandingStill> frozen, Order order) {
        this.around = around;
        this.versions = versions;
        this.frozen = frozen;
        this.order = order;
        number = order.pid();
    }

    Outcome carryOut() throws CheckpointException {
        Optional<StandingStill> former = former();
        if (!order.has(Step.SAVE)) {
            return release(former, former.isPresent() ? former.get() : freeze(Optional.empty()), Optional.empty());
        }
        try (Versions.Draft draft = versions.begin(number)) {
            StandingStill application = former.isPresent() ? former.get() : freeze(Optional.of(draft));
            boolean saved = false;
            try {
                Saved version = save(application, draft);
                saved = true;
                return release(former, application, Optional.of(version));
            } finally {
                if (!saved && former.isEmpty()) {
                    application.close();
                }
            }
        } catch (IOException problem) {
            Errno errno = String.valueOf(problem.getMessage()).contains("No space left") ? Errno.ENOSPC : Errno.EIO;
            throw new CheckpointException(
                    errno, "application " + number + " is not saved: " + problem.getMessage() + "; it runs on");
        }
    }

    private Outcome release(Optional<StandingStill> former, StandingStill application, Optional<Saved> saved) {
        if (order.has(Step.UNFREEZE) || order.has(Step.KILL)) {
            letGo(application);
        } else {
            frozen.put(number, application);
        }
        return new Outcome(
                number,
                saved.map(Saved::manifest),
                application.size(),
                saved.map(Saved::bytes).orElse(0L),
                former.isPresent() ? 0 : application.stoodNanos());
    }

    private Optional<StandingStill> former() throws CheckpointException {
        Optional<StandingStill> former = Optional.ofNullable(frozen.get(number));
        if (former.isPresent() && order.has(Step.FREEZE)) {
            throw new CheckpointException(
                    Errno.EALREADY,
                    "application " + number
                            + " is frozen already: save it with -c, let it go with -u, end it with -uKILL");
        }
        if (former.isEmpty() && !order.has(Step.FREEZE)) {
            throw new CheckpointException(
                    Errno.EINVAL, "application " + number + " is not frozen: freeze it with -f first");
        }
        if (former.isPresent()) {
            requireOwner(former.get());
        }
        return former;
    }

    private StandingStill freeze(Optional<Versions.Draft> draft) throws CheckpointException {
        try {
            return FrozenApplication.freeze(number, around, order.uid(), order.leavesOut(), draft);
        } catch (IOException problem) {
            throw new CheckpointException(
                    Errno.EIO, "application " + number + " is not frozen: " + problem.getMessage() + "; it runs on");
        }
    }

    private void requireOwner(StandingStill application) throws CheckpointException {
        if (order.uid() != 0 && order.uid() != application.uid()) {
            throw new CheckpointException(
                    Errno.EPERM,
                    "application " + number + " belongs to user " + application.uid()
                            + ": only that user and root may do this");
        }
    }

    /** May be called twice. */
    private void letGo(StandingStill application) {
        frozen.remove(number);
        if (order.signal() == 0) {
            application.close();
        } else {
            application.letGo(order.signal());
        }
    }

    private record Saved(Manifest manifest, long bytes) {}

    /** One that is to run on does so as soon as its images are complete; one that is to end does when they are on the disk. */
    private Saved save(StandingStill application, Versions.Draft draft) throws IOException {
        long bytes = application.save(draft);
        if (order.has(Step.UNFREEZE)) {
            letGo(application);
        }
        Manifest manifest = new Manifest(
                number,
                draft.version(),
                application.uid(),
                System.currentTimeMillis(),
                order.description(),
                List.of(around.self()));
        Texts.writeDescription(draft.file("description.txt"), manifest);
        CheckedFile.write(draft.file("global.bin"), Manifest.CODEC, manifest);
        around.faults().reached(Phase.WRITTEN, number);
        draft.keep();
        if (order.keep() > 0) {
            prune();
        }
        return new Saved(manifest, bytes);
    }

    private void prune() {
        try {
            List<Integer> all = versions.numbers(number);
            for (int version : all.subList(0, Math.max(0, all.size() - order.keep()))) {
                versions.remove(number, version);
            }
        } catch (IOException problem) {
            LOG.log(Level.WARNING, "old versions of application {0} stay: {1}", number, problem.getMessage());
        }
    }
}
