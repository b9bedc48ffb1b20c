using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using TwiBackup.Catalog;
using TwiBackup.Progress;

namespace TwiBackup.Verification.Live;

/// <summary>
/// Asks the running system one question after the other, each whatever the others brought. Nothing is restored and nothing changed: the
/// record proves no backup, it says how the system stands.
/// </summary>
/// <param name="system">The policy's system.</param>
public sealed class SystemVerifier(string system, IReadOnlyList<SystemCheck> checks, TimeProvider clock, IProgressReporter progress)
{
    /// <summary>The record's kind.</summary>
    public const string Kind = "system";

    /// <summary>A question that takes longer has failed: somewhere nobody answers.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    /// <summary>Asks, and returns the record, which is not yet stored.</summary>
    /// <exception cref="TwiBackupException">The selection names no check; wrong use.</exception>
    public async Task<VerificationRecord> RunAsync(CheckSelection selection, CancellationToken cancellationToken)
    {
        var asked = selection.Of(checks);
        var started = clock.GetUtcNow();
        var results = new List<Check>();
        var notRun = new List<CheckNotRun>();
        foreach (var check in asked)
        {
            progress.Stage(check.Name);
            var (passed, detail) = await AskAsync(check, cancellationToken);
            if (passed is { } known)
                results.Add(new Check(check.Name, known, detail));
            else
                notRun.Add(new CheckNotRun(check.Name, detail));
        }

        var now = clock.GetUtcNow();
        var id = SetId.Create(now);
        return new VerificationRecord
        {
            Format = VerificationRecord.CurrentFormat,
            System = system,
            Id = id,
            Kind = Kind,
            SetId = id,
            Proven = false,
            Failed = results.Exists(check => !check.Passed),
            StartedAt = started,
            CompletedAt = now,
            Target = "the running system: nothing was restored" + (selection.IsPart ? $"; {selection}" : ""),
            Checks = results,
            NotRun = notRun.Count == 0 ? null : notRun,
        };
    }

    private async Task<Answer> AskAsync(SystemCheck check, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await check.Ask(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Answer.Bad($"no answer within {Sizes.Text(Patience)}");
        }
        catch (PostgresException e)
        {
            return Answer.Bad($"could not be asked: {e.MessageText.ReplaceLineEndings(" ")}");
        }
        catch (Exception e) when (e is TwiBackupException or NpgsqlException or IOException or UnauthorizedAccessException
            or CryptographicException or HttpRequestException or SocketException or TimeoutException or JsonException
            or InvalidCastException or FormatException)
        {
            return Answer.Bad($"could not be asked: {e.Message.ReplaceLineEndings(" ")}");
        }
    }
}
