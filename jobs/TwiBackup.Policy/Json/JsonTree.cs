using System.Text;
using System.Text.Json;

namespace TwiBackup.Policy.Json;

/// <summary>Reads JSON with comments and trailing commas into a tree that knows its lines, which JsonDocument does not.</summary>
internal static class JsonTree
{
    private const int MaximumDepth = 16;

    /// <summary>Reads a text.</summary>
    /// <returns>Null: it is no JSON; the error has been added.</returns>
    public static JsonValue? Read(string text, PolicyErrors errors)
    {
        var bytes = Encoding.UTF8.GetBytes(text.TrimStart('\uFEFF'));
        var options = new JsonReaderOptions
        {
            CommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = true,
            MaxDepth = MaximumDepth,
        };
        try
        {
            var cursor = new LineCursor(bytes);
            var reader = new Utf8JsonReader(bytes, options);
            reader.Read();
            var value = ReadValue(ref reader, cursor, "", errors);
            reader.Read();
            return value;
        }
        catch (JsonException e)
        {
            // The exception's text quotes the file, and what stands there may be a secret.
            var (line, column) = ((int)(e.LineNumber ?? 0) + 1, (e.BytePositionInLine ?? 0) + 1);
            errors.Add(
                line, "", $"this is no valid JSON (column {column}); look here and just before for a missing comma, quote or bracket");
            return null;
        }
        catch (InvalidOperationException)
        {
            errors.Add(1, "", "a text in it is no valid Unicode; save the file as UTF-8");
            return null;
        }
    }

    private static JsonValue ReadValue(ref Utf8JsonReader reader, LineCursor cursor, string path, PolicyErrors errors)
    {
        var line = cursor.LineAt(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return new JsonValue(JsonValueKind.Object, "", line, ReadMembers(ref reader, cursor, path, errors), []);
            case JsonTokenType.StartArray:
                var items = new List<JsonValue>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    items.Add(ReadValue(ref reader, cursor, $"{path}[{items.Count}]", errors));
                return new JsonValue(JsonValueKind.Array, "", line, [], items);
            case JsonTokenType.String:
                return new JsonValue(JsonValueKind.String, reader.GetString()!, line, [], []);
            case JsonTokenType.Number:
                return new JsonValue(JsonValueKind.Number, Encoding.ASCII.GetString(reader.ValueSpan), line, [], []);
            default:
                var kind = reader.TokenType switch
                {
                    JsonTokenType.True => JsonValueKind.True,
                    JsonTokenType.False => JsonValueKind.False,
                    _ => JsonValueKind.Null,
                };
                return new JsonValue(kind, "", line, [], []);
        }
    }

    private static List<JsonMember> ReadMembers(ref Utf8JsonReader reader, LineCursor cursor, string path, PolicyErrors errors)
    {
        var members = new List<JsonMember>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var line = cursor.LineAt(reader.TokenStartIndex);
            var child = path.Length == 0 ? name : $"{path}.{name}";
            reader.Read();
            var value = ReadValue(ref reader, cursor, child, errors);
            if (members.Any(member => member.Name == name))
                errors.Add(line, Words.Shown(child), "this key stands here twice; take one out");
            else
                members.Add(new JsonMember(name, line, value));
        }

        return members;
    }

    /// <summary>Counts lines as the reader goes forward.</summary>
    private sealed class LineCursor(byte[] bytes)
    {
        private int _position;
        private int _line = 1;

        public int LineAt(long position)
        {
            _line += bytes.AsSpan(_position, (int)position - _position).Count((byte)'\n');
            _position = (int)position;
            return _line;
        }
    }
}
