/**
 * The retry budget: a tenth of the requests, and a small floor, may be copies. *pure*
 *
 * Only copies that add work to a region that may be busy are charged: company for a silent attempt,
 * another try after an error. Leaving a region that broke or refused is not charged, since that
 * region does no work for it.
 */
const FLOOR = 20;
const MOST = 200;
const PER_REQUEST = 0.1;

export interface Budget {
  earn(): void;
  /** Whether a copy may be sent; takes it. */
  take(): boolean;
}

export function createBudget(): Budget {
  let tokens = FLOOR;
  return {
    earn() {
      if (tokens < MOST) tokens += PER_REQUEST;
    },
    take() {
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
