package org.linuxssi.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.linuxssi.linux.CallerProcess;

/** Starts the command whose name the launcher gave in the system property {@code linuxssi.command}. */
public final class Main {

    private Main() {}

    /** Runs the command and ends with its exit status. */
    public static void main(String[] args) {
        PrintWriter out = writer(FileDescriptor.out);
        PrintWriter err = writer(FileDescriptor.err);
        int status;
        try {
            List<String> arguments = CallerProcess.arguments(args.length);
            status = new Cli(System.getenv(), out, err)
                    .execute(System.getProperty("linuxssi.command", "krg"), arguments);
        } finally {
            out.flush();
            err.flush();
        }
        System.exit(status);
    }

    private static PrintWriter writer(FileDescriptor descriptor) {
        return new PrintWriter(new OutputStreamWriter(new FileOutputStream(descriptor), StandardCharsets.UTF_8), false);
    }
}
