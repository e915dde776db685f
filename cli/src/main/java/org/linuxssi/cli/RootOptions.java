package org.linuxssi.cli;

import org.linuxssi.tools.NodeId;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;

/** What every command and subcommand understands. */
@SuppressWarnings("UnusedVariable") // picocli itself acts on help and version
@Command(versionProvider = Version.class)
final class RootOptions {

    /** Names the node whose daemon is asked. */
    static final String NODE = "--on";

    private final Daemon daemon;

    RootOptions(Daemon daemon) {
        this.daemon = daemon;
    }

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "show this help and end")
    private boolean help;

    @Option(
            names = "--version",
            versionHelp = true,
            scope = ScopeType.INHERIT,
            description = "show the version and end")
    private boolean version;

    @Option(
            names = NODE,
            paramLabel = "NODE",
            scope = ScopeType.INHERIT,
            converter = Node.class,
            description = "ask the daemon of this node of the test bed")
    void on(NodeId node) {
        daemon.on(node);
    }

    /** Reads a node's number. */
    static final class Node implements ITypeConverter<NodeId> {
        @Override
        public NodeId convert(String word) {
            try {
                return NodeId.of(Integer.parseInt(word));
            } catch (IllegalArgumentException problem) {
                throw new TypeConversionException("'" + word + "' is no node's number, 0-255");
            }
        }
    }
}
