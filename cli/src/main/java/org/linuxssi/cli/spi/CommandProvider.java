package org.linuxssi.cli.spi;

import java.util.List;

/**
 * Adds commands to {@code krg} from modules that the command line does not know; found by
 * {@link java.util.ServiceLoader}.
 *
 * <pre>{@code
 * public final class TestbedCommands implements CommandProvider {
 *     public List<Object> commands() {
 *         return List.of(new TestbedCommand());
 *     }
 * }
 * }</pre>
 */
public interface CommandProvider {

    /**
     * Returns new command objects: annotated with picocli's {@code @Command(name = ...)} and, they or their
     * subcommands, {@code Callable<Integer>} whose result is the exit status. Their exceptions become one line on
     * standard error and exit status 1. The options -h, --help and --version are there already; --on is refused.
     */
    List<Object> commands();
}
