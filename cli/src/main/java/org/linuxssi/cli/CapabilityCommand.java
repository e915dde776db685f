package org.linuxssi.cli;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Scanner;
import org.jspecify.annotations.Nullable;
import org.linuxssi.control.CapabilityChange;
import org.linuxssi.control.CapabilityChange.How;
import org.linuxssi.control.CapabilityNames;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.linux.Errno;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code krgcapset}. */
@Command(
        name = "krgcapset",
        description = {
            "Shows or changes what may be done with a process.",
            "V is a number, or names: +A,B adds them, -A,B removes them, A,B replaces the set."
        })
final class CapabilityCommand extends DaemonCommand {

    private static final int CHANGE_CAPABILITIES = 1;

    @Option(
            names = {"-k", "--pid"},
            paramLabel = "PID",
            description = "the process; otherwise the parent of this command, which is the shell")
    private int pid;

    @Option(
            names = {"-s", "-l", "--show"},
            description = "show the sets")
    private boolean show;

    @Option(
            names = {"-f", "--force"},
            description = "ask nothing")
    private boolean force;

    @Option(
            names = {"-e", "--effective"},
            paramLabel = "V",
            description = "what counts")
    private @Nullable String effective;

    @Option(
            names = {"-p", "--permitted"},
            paramLabel = "V",
            description = "what can be in the other sets; what is gone does not come back")
    private @Nullable String permitted;

    @Option(
            names = {"-i", "--inheritable-permitted"},
            paramLabel = "V",
            description = "permitted for its children")
    private @Nullable String inheritablePermitted;

    @Option(
            names = {"-d", "--inheritable-effective"},
            paramLabel = "V",
            description = "what counts for its children")
    private @Nullable String inheritableEffective;

    CapabilityCommand(Daemon daemon) {
        super(daemon);
    }

    @Override
    public Integer call() {
        List<Optional<CapabilityChange>> changes = new ArrayList<>();
        for (String value : new @Nullable String[] {permitted, effective, inheritablePermitted, inheritableEffective}) {
            changes.add(Optional.ofNullable(value).map(CapabilityCommand::change));
        }
        boolean changing = changes.stream().anyMatch(Optional::isPresent);
        if (!changing && !show) {
            throw wrong("one of -s, -e, -p, -i and -d is needed");
        }
        if (changing && !force && drops(changes) && !agreed()) {
            return 1;
        }
        Reply.CapabilitySets sets = daemon().ask(new Request.Capabilities(pid, changes), Reply.CapabilitySets.class);
        if (show) {
            print("Permitted Capabilities", sets.permitted());
            print("Effective Capabilities", sets.effective());
            print("Inheritable Permitted Capabilities", sets.inheritablePermitted());
            print("Inheritable Effective Capabilities", sets.inheritableEffective());
        }
        return 0;
    }

    private static CapabilityChange change(String value) {
        How how =
                switch (value.isEmpty() ? ' ' : value.charAt(0)) {
                    case '+' -> How.ADD;
                    case '-' -> How.REMOVE;
                    default -> How.REPLACE;
                };
        String names = how == How.REPLACE ? value : value.substring(1);
        return new CapabilityChange(how, names.matches("[0-9].*") ? number(names) : bits(names));
    }

    private static int number(String text) {
        try {
            int number = Integer.decode(text);
            if (number < 1 << CapabilityNames.ALL.size()) {
                return number;
            }
        } catch (NumberFormatException _) {
            // told below
        }
        throw new ControlException(
                Errno.EINVAL,
                text + " is no sum of capabilities: at most " + ((1 << CapabilityNames.ALL.size()) - 1) + " is");
    }

    private static int bits(String names) {
        int bits = 0;
        for (String name : names.split(",")) {
            OptionalInt bit = CapabilityNames.bit(name.strip());
            bits |= bit.orElseThrow(() -> new ControlException(
                    Errno.EINVAL,
                    "'" + name + "' is no capability; there are " + String.join(", ", CapabilityNames.ALL)));
        }
        return bits;
    }

    private boolean drops(List<Optional<CapabilityChange>> changes) {
        Reply.CapabilitySets now = daemon().ask(new Request.Capabilities(pid, List.of()), Reply.CapabilitySets.class);
        int[] before = {now.permitted(), now.effective()};
        for (int i = 0; i < before.length; i++) {
            int old = before[i];
            int after = changes.get(i).map(change -> change.apply(old)).orElse(old);
            if ((old & ~after & CHANGE_CAPABILITIES) != 0) {
                return true;
            }
        }
        return false;
    }

    private boolean agreed() {
        out().print("Without CHANGE_KERRIGHED_CAP its capabilities can't be changed again. Go on? (y/N) ");
        out().flush();
        Scanner answer = new Scanner(System.in, StandardCharsets.UTF_8);
        return answer.hasNextLine() && answer.nextLine().strip().matches("[yY]|yes");
    }

    private void print(String name, int bits) {
        out().println(name + ": 0" + Integer.toOctalString(bits));
        CapabilityNames.of(bits).forEach(one -> out().println("\t" + one));
    }
}
