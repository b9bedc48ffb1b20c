using System.Net.Sockets;
using System.Security.Authentication;
using Amazon.Runtime;
using Polly;
using Polly.Retry;

namespace TwiBackup.Stores;

/// <summary>Every request goes through here: attempts with a limit on silence, retried with jitter, and failures explained.</summary>
internal sealed class S3Caller
{
    private static readonly ResiliencePropertyKey<Count> Attempts = new("attempts");

    private readonly S3Settings _settings;
    private readonly ResiliencePipeline _pipeline;

    public S3Caller(S3Settings settings, TimeProvider time)
    {
        _settings = settings;
        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        if (settings.MaxAttempts > 1)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = static failed => new(failed.Outcome.Exception is { } failure && IsPassing(failure)),
                MaxRetryAttempts = settings.MaxAttempts - 1,
                Delay = settings.RetryDelay,
                MaxDelay = TimeSpan.FromSeconds(10),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            });
        }
        _pipeline = builder.Build();
    }

    /// <summary>Makes a request; what it throws is final and explained.</summary>
    public Task<T> CallAsync<T>(S3Request request, Func<S3Attempt, Task<T>> attempt, CancellationToken cancellationToken) =>
        CallAsync(request, _settings.Silence, attempt, cancellationToken);

    /// <inheritdoc cref="CallAsync{T}(S3Request, Func{S3Attempt, Task{T}}, CancellationToken)"/>
    public async Task<T> CallAsync<T>(
        S3Request request, TimeSpan silence, Func<S3Attempt, Task<T>> attempt, CancellationToken cancellationToken)
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(Attempts, new Count());
        try
        {
            return await _pipeline.ExecuteAsync(
                static async (context, call) =>
                {
                    var count = context.Properties.GetValue(Attempts, null!);
                    return await TryAsync(++count.Value, call.silence, call.attempt, context.CancellationToken);
                },
                context,
                (silence, attempt));
        }
        catch (Exception failure) when (failure is not TwiBackupException)
        {
            if (failure is OperationCanceledException && cancellationToken.IsCancellationRequested)
                throw;
            throw S3Errors.Explain(failure, request, _settings);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>Whether the same request may well succeed a little later.</summary>
    public static bool IsPassing(Exception failure)
    {
        if (failure is AmazonServiceException { StatusCode: not 0 } answer)
        {
            return (int)answer.StatusCode is 429 or 500 or 502 or 503 or 504
                || answer.ErrorCode is "SlowDown" or "RequestTimeout" or "InternalError" or "ServiceUnavailable" or "Throttling"
                    or "OperationAborted" or "ConditionalRequestConflict" or "ConcurrentModification";
        }
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is AuthenticationException)
                return false;
            if (cause is HttpRequestException or IOException or SocketException or TimeoutException)
                return true;
        }
        return false;
    }

    private static async Task<T> TryAsync<T>(
        int number, TimeSpan patience, Func<S3Attempt, Task<T>> attempt, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(patience);
        try
        {
            return await attempt(new S3Attempt(number, silence, patience));
        }
        catch (Exception failure) when (silence.IsCancellationRequested && failure is not TwiBackupException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new TimeoutException($"Nothing moved for {patience.TotalSeconds:0.#} s.", failure);
        }
    }

    private sealed class Count
    {
        public int Value { get; set; }
    }
}
