package app.satchel

/**
 * The app's store for secrets, such as Android's Keystore. The outbox keeps no token by itself.
 *
 * Called on threads of Satchel's own that may wait, several at once. What a method throws comes back from the call that asked,
 * as [SatchelException.Host]; nothing is lost by it. No secret belongs into an exception's message.
 */
public interface Credentials {
    /** The token kept for a target, by the target's address; null where there is none. */
    public fun load(target: String): String?

    /** Keeps a target's token, in place of an earlier one; it must be durable when this returns. */
    public fun store(target: String, token: String)
}
