package org.linuxssi.tools;

import java.util.HexFormat;

/** Texts in JSON (RFC 8259). */
public final class JsonText {

    private JsonText() {}

    /** Returns a text in quotation marks. */
    public static String quoted(String value) {
        StringBuilder quoted = new StringBuilder("\"");
        value.chars().forEach(character -> {
            if (character == '"' || character == '\\') {
                quoted.append('\\').append((char) character);
            } else if (character < 0x20) {
                quoted.append("\\u00").append(HexFormat.of().toHexDigits((byte) character));
            } else {
                quoted.append((char) character);
            }
        });
        return quoted.append('"').toString();
    }
}
