namespace TwiBackup.Sealing;

/// <summary>
/// What a signed object says of itself in its last skippable frame: a few lines of text, then a minisign signature over them.
/// </summary>
/// <remarks>
/// <para>The frame (zstd magic <c>0x184D2A5B</c>, at most 64 KiB) holds UTF-8 text whose lines end in a line feed:</para>
/// <code>
/// twibackup-object 1
/// name: wal/15-7312345678901234567/00000001/00000001000000000000000A-5f1c….zst.age
/// length: 16777216
/// sha256: 3b0c…
/// previous: 9a41…
///
/// untrusted comment: signature of key C6F030876B7692E9
/// RUTpknZrhzDwxo…
/// trusted comment: twibackup-object 1
/// +WcLx0RLlXQaVD…
/// </code>
/// <para>The first four lines are always there, in this order. Further fields follow in ordinal order of their keys, which are
/// lower-case words (<c>[a-z][a-z0-9-]*</c>, not one of the first) and each once; a value is what follows colon and space, without
/// control characters. An empty line ends the statement. The signature covers the statement's lines with the line feed of the last one,
/// and without the empty line. What follows the empty line is the text of a <c>.minisig</c> file. Nothing may be written in another way:
/// a reader writes the statement again from what it understood, and refuses the object when one byte differs.</para>
/// </remarks>
/// <param name="Name">The object's full key in the store: a signed object under another name is refused.</param>
/// <param name="Length">Plaintext bytes.</param>
/// <param name="Sha256">SHA-256 of the plaintext, lower-case hexadecimal.</param>
/// <param name="Fields">Further facts, e.g. <c>previous</c> or <c>mark</c>; keys are lower-case words, values one line.</param>
public sealed record ObjectStatement(string Name, long Length, string Sha256, IReadOnlyDictionary<string, string> Fields);
