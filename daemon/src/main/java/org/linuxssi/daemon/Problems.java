package org.linuxssi.daemon;

import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Optional;

/** Says in words what the JDK's exceptions say by their type only. */
final class Problems {

    private Problems() {}

    /** Returns one line: object, cause and, where there is one, the next step. */
    static String describe(Exception problem) {
        return switch (problem) {
            case AccessDeniedException denied -> denied.getFile() + ": permission denied (EACCES): use sudo";
            case NoSuchFileException absent -> absent.getFile() + ": no such file or directory (ENOENT)";
            case FileAlreadyExistsException there -> there.getFile() + ": is there already, as a file (EEXIST)";
            case NotDirectoryException file -> file.getFile() + ": is no directory (ENOTDIR)";
            case FileSystemException other ->
                other.getFile()
                        + Optional.ofNullable(other.getReason())
                                .map(reason -> ": " + reason)
                                .orElse("");
            case UncheckedIOException wrapped
            when wrapped.getCause() != null -> wrapped.getMessage() + ": " + describe(wrapped.getCause());
            default ->
                Optional.ofNullable(problem.getMessage())
                        .filter(text -> !text.isBlank())
                        .orElse(problem.toString());
        };
    }
}
